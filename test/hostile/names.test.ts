/** Links in the folder of results that lead out of it: a shared folder, or one unpacked from a stranger's archive. */
import { lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { JOURNAL } from '../../cli/colour/journal.ts';
import { FakeGateway } from '../client/support/gateway.ts';
import { command, Folder } from '../cli/support/command.ts';

let folder: Folder;
let elsewhere: Folder;
let gateway: FakeGateway;
const target = () => join(elsewhere.path, 'authorized_keys');
const out = (...parts: string[]) => join(folder.path, 'coloured', ...parts);
const KEPT = 'untouched';

beforeEach(async () => {
  folder = new Folder();
  elsewhere = new Folder();
  writeFileSync(target(), KEPT);
  gateway = await FakeGateway.start();
  folder.write({
    'album/1912/oma.jpg': 'photo',
    'album/1912/may/uncle.jpg': 'photo',
    'album/opa.jpg': 'photo',
  });
  mkdirSync(out());
});
afterEach(async () => {
  await gateway.close();
  folder.remove();
  elsewhere.remove();
});

const colour = (...more: string[]) =>
  command(folder.path, ['colour', 'album', '--url', gateway.url, ...more]);
/** The name before a result is complete. */
const temporary = (name: string) =>
  `.ddcolor-elastic-${createHash('sha256').update(name).digest('hex').slice(0, 16)}.part`;

describe('a link out of --out', () => {
  it('under the temporary name of a result is not followed', async () => {
    symlinkSync(target(), out(temporary('opa.jpg')));
    expect(await colour()).toMatchObject({ code: 0, err: '' });
    expect(lstatSync(out('opa.jpg')).isFile()).toBe(true);
    expect(readdirSync(elsewhere.path)).toEqual(['authorized_keys']);
  });

  it('under the name of a result is replaced and not followed', async () => {
    symlinkSync(target(), out('opa.jpg'));
    expect(await colour('--force')).toMatchObject({ code: 0 });
    expect(lstatSync(out('opa.jpg')).isFile()).toBe(true);
  });

  it('under the name of a folder is refused, and other results are saved', async () => {
    symlinkSync(elsewhere.path, out('1912'));
    const ended = await colour();
    expect(ended.code).toBe(1);
    expect(ended.out).toContain('is a link out of');
    expect(lstatSync(out('opa.jpg')).isFile()).toBe(true);
    expect(readdirSync(elsewhere.path)).toEqual(['authorized_keys']);
  });

  it('under the name of the journal is refused before anything is sent', async () => {
    symlinkSync(target(), out(JOURNAL));
    const ended = await colour();
    expect(ended.code).toBe(1);
    expect(ended.err).toContain('cannot be read');
    expect(gateway.photos.size).toBe(0);
  });

  it.runIf(process.platform !== 'win32')(
    'to a device, or a pipe, under the name of a result is not read',
    async () => {
      execFileSync('mkfifo', [out('opa.jpg')]);
      symlinkSync('/dev/zero', out('tante.jpg'));
      folder.write({ 'album/tante.jpg': 'photo' });
      const ended = await colour();
      expect(ended).toMatchObject({ code: 2 });
      expect(ended.err).toContain("'opa.jpg', 'tante.jpg' (2) were not made by this command");
      expect(gateway.photos.size).toBe(0);
    },
  );

  it.runIf(process.platform !== 'win32')(
    'or a pipe under the name of the journal is refused at once',
    async () => {
      execFileSync('mkfifo', [out(JOURNAL)]);
      expect(await colour()).toMatchObject({ code: 1 });
      expect(gateway.photos.size).toBe(0);
    },
  );

  it('that dangles under the name of the journal creates no file', async () => {
    symlinkSync(join(elsewhere.path, 'new'), out(JOURNAL));
    expect((await colour()).code).not.toBe(0);
    expect(readdirSync(elsewhere.path)).toEqual(['authorized_keys']);
  });

  afterEach(() => expect(readFileSync(target(), 'utf8')).toBe(KEPT));
});
