/** `ddcolor-elastic colour` as a command, through the API. */
import { existsSync, readdirSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { JOURNAL } from '../../../cli/colour/journal.ts';
import { freePort } from '../../../local/aws/ministack.ts';
import { coloured, FakeGateway, problem, type FakeGatewayOptions } from '../../client/support/gateway.ts';
import { until } from '../../support/wait.ts';
import { command, Folder, objects, start } from '../support/command.ts';

let folder: Folder;
let gateway: FakeGateway | undefined;
beforeEach(() => (folder = new Folder()));
afterEach(async () => {
  await gateway?.close();
  folder.remove();
});

const serve = async (options?: FakeGatewayOptions) => (gateway = await FakeGateway.start(options));
const result = (name: string) => readFileSync(join(folder.path, 'coloured', name));
const colour = (...args: string[]) => command(folder.path, ['colour', ...args]);

/** Twenty photos in folders, one of which cannot be coloured. */
const TWENTY = Object.fromEntries(
  Array.from({ length: 20 }, (_, k) => [`album/${k % 3}/photo ${k}.jpg`, k === 7 ? 'broken' : `photo ${k}`]),
);
const BROKEN = 'photo 7.jpg';
/** A photo has its outcome after this number of polls. */
const after =
  (polls: number): FakeGatewayOptions['statusOf'] =>
  (photo) => {
    if (photo.polls < polls) return { status: 'waiting' };
    return { status: photo.wanted.name === BROKEN ? 'failed' : 'succeeded' };
  };

describe('a run', () => {
  it('saves results, names failures with their reasons, and sends no photo twice', async () => {
    const { url, ...rest } = await serve({ statusOf: after(2) });
    folder.write({ ...TWENTY, 'album/notes.txt': 'no picture', 'album/.hidden.jpg': 'hidden' });
    const ended = await colour('album', '--url', url);
    expect(ended.err).toBe('');
    expect(ended.out).toContain('Skipped 2 files: 1 that is no picture, 1 hidden or of the system.');
    expect(ended.out).toContain('20 photos: 19 coloured, 1 failed.');
    expect(ended.out).toContain(`  1/${BROKEN}: The file cannot be decoded. (unreadable-image)`);
    expect(ended.code).toBe(1);
    expect(rest.photos.size).toBe(20);
    for (const [path, body] of Object.entries(TWENTY)) {
      if (body === 'broken') continue;
      expect(result(path.replace('album/', ''))).toEqual(coloured(Buffer.from(body)));
    }
    expect(existsSync(join(folder.path, 'coloured', '1', BROKEN))).toBe(false);
    // No temporary file is left.
    const files = readdirSync(join(folder.path, 'coloured'), { recursive: true }).map(String);
    expect(files.filter((file) => file.split('/').at(-1)?.startsWith('.'))).toEqual([JOURNAL]);
    expect(statSync(join(folder.path, 'coloured', JOURNAL)).mode & 0o777).toBe(0o600);

    const again = await colour('album', '--url', url, '--json');
    expect(again.code).toBe(1);
    expect(objects(again).at(-1)).toMatchObject({ succeeded: 19, failed: 1, before: 20, bytesSent: 0 });
    expect(gateway?.photos.size).toBe(20);
    const third = await colour('album', '--url', url, '--quiet', '--retry');
    expect(third).toMatchObject({ code: 1, out: '' });
    expect(third.err).toBe(`1/${BROKEN}: The file cannot be decoded. (unreadable-image)\n`);
    expect(gateway?.photos.size).toBe(21);
  });

  it('continues after an interrupt, and sends no photo twice', async () => {
    let held = true;
    const { url } = await serve({
      statusOf: (photo) => {
        const index = [...(gateway?.photos.keys() ?? [])].indexOf(photo.id);
        return held && index >= 5 ? { status: 'waiting' } : (after(2)?.(photo) ?? { status: 'waiting' });
      },
      pollSeconds: 1,
    });
    folder.write(TWENTY);
    const running = start(folder.path, ['colour', 'album', '--url', url, '--width', '2', '--json']);
    // All photos are sent, some have an outcome.
    await until(
      () => readdirSync(folder.path).includes('coloured') && gateway?.count('result'),
      (count) => Number(count) >= 4,
    );
    await until(
      () => gateway?.stored().length,
      (count) => count === 20,
    );
    running.process.kill('SIGINT');
    const first = await running.ended;
    expect(first.code).toBe(130);
    expect(first.err).toBe('Interrupted.\n');
    const summary = objects(first).at(-1);
    expect(summary).toMatchObject({ type: 'summary', exit: 130, stopped: 'Interrupted.' });
    const open = objects(first).filter(({ outcome }) => outcome === 'open');
    expect(open).toHaveLength(Number(summary?.open));
    expect(open.length).toBeGreaterThan(10);

    held = false;
    const second = await colour('album', '--url', url);
    expect(second.code).toBe(1);
    expect(second.out).toContain('19 coloured, 1 failed');
    expect(gateway?.stored()).toHaveLength(20);
    expect(new Set(gateway?.stored()).size).toBe(20);
    expect(gateway?.photos.size).toBe(20);
  });

  it('continues after it was killed during uploads', async () => {
    const { url } = await serve();
    folder.write({ 'a.jpg': 'one', 'b.jpg': 'two' });
    gateway!.faults.upload = Array.from({ length: 100 }, () => 'reset' as const);
    const running = start(folder.path, ['colour', 'a.jpg', 'b.jpg', '--url', url]);
    await until(
      () => gateway?.count('upload'),
      (count) => Number(count) >= 2,
    );
    running.process.kill('SIGKILL');
    await running.ended;
    gateway!.faults.upload = [];
    const second = await colour('a.jpg', 'b.jpg', '--url', url);
    expect(second.code).toBe(0);
    // Announced again, stored once.
    expect(gateway?.stored().sort()).toEqual(['a.jpg', 'b.jpg']);
    expect(gateway?.photos.size).toBeGreaterThan(2);
  });

  it('retries when the service is busy or closes a connection', async () => {
    const { url } = await serve();
    folder.write({ 'a.png': 'one' });
    const busy = { status: 429, headers: { 'retry-after': '1' }, body: '{"message":"Too Many Requests"}' };
    gateway!.faults.create = [busy];
    gateway!.faults.status = ['reset'];
    gateway!.faults.result = ['half'];
    const ended = await colour('a.png', '--url', url);
    expect(ended).toMatchObject({ code: 0, err: '' });
    expect(result('a.png')).toEqual(coloured(Buffer.from('one')));
    expect(gateway?.stored()).toEqual(['a.png']);
  });

  it('sends a photo again when its content has changed, not when only its time has', async () => {
    const { url } = await serve();
    folder.write({ 'a.jpg': 'one', 'b.jpg': 'two' });
    expect((await colour('a.jpg', 'b.jpg', '--url', url)).code).toBe(0);
    folder.write({ 'a.jpg': 'one, retouched' });
    utimesSync(join(folder.path, 'b.jpg'), new Date(0), new Date(0));
    const ended = await colour('a.jpg', 'b.jpg', '--url', url);
    expect(ended.out).toContain('2 photos: 2 coloured, 0 failed (1 by earlier runs)');
    expect(gateway?.stored().sort()).toEqual(['a.jpg', 'a.jpg', 'b.jpg']);
    expect(result('a.jpg')).toEqual(coloured(Buffer.from('one, retouched')));
  });

  it('downloads a deleted result again, and sends a photo again that the service has deleted', async () => {
    const { url } = await serve();
    folder.write({ 'a.jpg': 'one', 'b.jpg': 'two' });
    await colour('a.jpg', 'b.jpg', '--url', url);
    for (const name of ['a.jpg', 'b.jpg']) rmSync(join(folder.path, 'coloured', name));
    for (const { id, wanted } of gateway!.photos.values()) {
      if (wanted.name === 'a.jpg') gateway!.photos.delete(id);
    }
    expect((await colour('a.jpg', 'b.jpg', '--url', url)).code).toBe(0);
    expect(result('a.jpg')).toEqual(coloured(Buffer.from('one')));
    expect(result('b.jpg')).toEqual(coloured(Buffer.from('two')));
    expect(gateway?.stored().sort()).toEqual(['a.jpg', 'b.jpg']);
    expect(gateway?.count('upload')).toBe(3);
  });
});

describe('a run stops', () => {
  it('for a wrong command line', async () => {
    const ended = await colour('--url', 'https://a.example');
    expect(ended).toMatchObject({ code: 2, out: '' });
    expect(ended.err).toBe(
      "error: missing required argument 'photos'\nSee 'ddcolor-elastic colour --help'.\n",
    );
  });

  it('before it sends anything when another file has the name of a result', async () => {
    const { url } = await serve();
    folder.write({ 'a.jpg': 'one', 'b.jpg': 'two', 'coloured/a.jpg': 'precious' });
    const ended = await colour('a.jpg', 'b.jpg', '--url', url);
    expect(ended).toMatchObject({ code: 2, out: '' });
    expect(ended.err).toContain("'a.jpg' (1) were not made by this command");
    expect(gateway?.photos.size).toBe(0);
    expect(result('a.jpg').toString()).toBe('precious');
    expect((await colour('a.jpg', 'b.jpg', '--url', url, '--force')).code).toBe(0);
    expect(result('a.jpg')).toEqual(coloured(Buffer.from('one')));
  });

  it('when no server answers', async () => {
    folder.write({ 'a.jpg': 'one' });
    const ended = await colour('a.jpg', '--url', `http://127.0.0.1:${await freePort()}/`, '--quiet');
    expect(ended).toMatchObject({ code: 3, out: '', err: 'The service cannot be reached (ECONNREFUSED).\n' });
  });

  it('when another server answers', async () => {
    const { url } = await serve();
    folder.write({ 'a.jpg': 'one' });
    const ended = await colour('a.jpg', '--url', new URL('/other/', url).href);
    expect(ended.code).toBe(1);
    expect(ended.err).toMatch(/does not answer as the API does \(HTTP 404\).*ApiUrl/);
  });

  it('after its time limit, and a later run continues', async () => {
    let held = true;
    const { url } = await serve({
      statusOf: () => ({ status: held ? 'waiting' : 'succeeded' }),
      pollSeconds: 1,
    });
    folder.write({ 'a.jpg': 'one' });
    const ended = await colour('a.jpg', '--url', url, '--timeout', '1');
    expect(ended.code).toBe(3);
    expect(ended.out).toContain(
      'It was not done within 1 s.\nThe same command continues with the open photos.',
    );
    held = false;
    expect((await colour('a.jpg', '--url', url)).code).toBe(0);
    expect(gateway?.stored()).toEqual(['a.jpg']);
  });

  it('when its token is not accepted; the token may be in an environment variable', async () => {
    const { url } = await serve({ allows: ({ headers }) => headers.authorization === 'Bearer good' });
    folder.write({ 'a.jpg': 'one', 'b.jpg': 'two' });
    const ended = await colour('a.jpg', 'b.jpg', '--url', url, '--token', 'bad', '--width', '1');
    expect(ended.code).toBe(1);
    expect(ended.out).toContain('Credentials are missing or not accepted. (unauthorized)');
    expect(gateway?.count('create')).toBe(1);
    const line = ['colour', 'a.jpg', '--url', url, '--option', 'preset=buildings', '--strength', '80'];
    const good = await command(folder.path, line, { DDCOLOR_TOKEN: 'good' });
    expect(good.code).toBe(0);
    const [sent] = gateway!.photos.values();
    expect(sent!.wanted.options).toEqual({ preset: 'buildings', strength: 80 });
  });
});

it('reports unreadable and refused photos with the reason, and colours the others', async () => {
  const { url } = await serve();
  folder.write({ 'a.jpg': 'one', 'b.gif': 'GIF', 'c.png': '', 'd.jpg': 'large' });
  gateway!.faults.create = [problem(413, 'too-large', 'size 5: at most 4 (0 MB) are taken.')];
  const ended = await colour('.', '--url', url, '--json', '--width', '1');
  expect(ended.code).toBe(1);
  const outcomes = objects(ended).map(({ name, outcome, code, message }) => [name, outcome, code, message]);
  expect(outcomes.slice(0, 3)).toEqual([
    ['a.jpg', 'failed', 'too-large', 'size 5: at most 4 (0 MB) are taken.'],
    ['b.gif', 'failed', 'unsupported-type', expect.stringContaining('image/jpeg, image/png')],
    ['c.png', 'failed', 'unreadable-image', 'The file is empty.'],
  ]);
  expect(objects(ended).slice(3)).toMatchObject([
    { type: 'photo', photo: 'd.jpg', outcome: 'succeeded', result: 'coloured/d.jpg', before: false },
    { type: 'summary', exit: 1, photos: 4, succeeded: 1, failed: 3, open: 0, folder: './coloured' },
  ]);
});
