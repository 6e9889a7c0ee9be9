/** `ddcolor-elastic` in a checkout: as npx, node and npm call it, and its table of commands. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HELP } from '../../cli/colour/options.ts';
import { command, Folder } from './support/command.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const OURS = ['bin', 'cli', 'client', 'contract', 'lib', 'local', 'lambda'];

/**
 * A checkout of its own, with this one's packages: the real one would be installed anew by a changed lock file, under the
 * other tests.
 */
let checkout: Folder;
let elsewhere: Folder;
beforeAll(() => {
  checkout = new Folder();
  elsewhere = new Folder().write({ 'notes.txt': '' });
  for (const name of OURS) cpSync(join(ROOT, name), join(checkout.path, name), { recursive: true });
  mkdirSync(join(checkout.path, 'node_modules'));
  for (const name of ['tsx', 'zod', '@aws-sdk', '@smithy']) {
    symlinkSync(join(ROOT, 'node_modules', name), join(checkout.path, 'node_modules', name));
  }
  const lock = '{"lockfileVersion":3}';
  const installed = createHash('sha256')
    .update(lock)
    .update(`${process.platform} ${process.arch}`)
    .digest('hex');
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as object;
  checkout.write({
    'package-lock.json': lock,
    'node_modules/.installed-from': installed,
    'package.json': JSON.stringify({
      ...manifest,
      bin: { 'ddcolor-elastic': 'cli/main.mjs' },
      scripts: { colour: 'node cli/main.mjs colour' },
    }),
  });
  mkdirSync(join(checkout.path, 'photos'));
  writeFileSync(join(checkout.path, 'photos', 'notes.txt'), '');
});
afterAll(() => {
  checkout.remove();
  elsewhere.remove();
});

function call(cwd: string, program: string, args: string[]) {
  const own = Object.entries(process.env).filter(([name]) => !/^(npm_|INIT_CWD)/i.test(name));
  const env = {
    ...Object.fromEntries(own),
    npm_config_cache: join(elsewhere.path, 'cache'),
    npm_config_offline: 'true',
  };
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, env, encoding: 'utf8' });
  return { code: status, out: stdout, err: stderr };
}

describe('files are named from where it is called', () => {
  // No picture by its name: what is said of it shows that it was found.
  const args = ['colour', 'notes.txt', '--bucket', 'photos'];
  const said = "'notes.txt' is no picture by its name: JPEG, PNG, WebP and TIFF are coloured.";
  const photos = () => join(checkout.path, 'photos');

  it.each<[how: string, cwd: () => string, program: string, before: () => string[]]>([
    ['npx, in the checkout', photos, 'npx', () => ['ddcolor-elastic']],
    ['npx, from anywhere', () => elsewhere.path, 'npx', () => ['--prefix', checkout.path, 'ddcolor-elastic']],
    [
      'node, from anywhere',
      () => elsewhere.path,
      process.execPath,
      () => [join(checkout.path, 'cli/main.mjs')],
    ],
  ])('by %s', (_how, cwd, program, before) => {
    const ended = call(cwd(), program, [...before(), ...args]);
    expect(ended).toMatchObject({ code: 2, out: '' });
    expect(ended.err).toContain(said);
  });

  it('by an npm script', () => {
    const ended = call(photos(), 'npm', ['run', '--silent', 'colour', '--', ...args.slice(1)]);
    expect(ended.code).toBe(2);
    expect(ended.err).toContain(said);
  });
});

describe('commands', () => {
  const said = (...args: string[]) => command(elsewhere.path, args);

  it('have help', async () => {
    const all = await said('--help');
    expect(all).toMatchObject({ code: 0, err: '' });
    expect(all.out).toMatch(/^ddcolor-elastic COMMAND \[options\]\n\n {2}colour +send photos/);
    for (const args of [['help'], ['-h']]) expect((await said(...args)).out).toBe(all.out);
    for (const args of [
      ['help', 'colour'],
      ['colour', '--help'],
      ['help', 'color'],
    ]) {
      expect(await said(...args)).toEqual({ code: 0, err: '', out: `${HELP}\n` });
    }
  });

  it('are named where there is none, or no such one', async () => {
    expect(await said()).toMatchObject({ code: 2, err: '' });
    const unknown = await said('paint');
    expect(unknown).toMatchObject({ code: 2, out: '' });
    expect(unknown.err).toBe(
      "'paint' is not a command: colour, status, watch, explain, pause, resume, redrive, smoke, quota, cost, help (ddcolor-elastic --help says more).\n",
    );
    expect((await said('help', 'paint')).code).toBe(2);
    expect((await said('toString')).code).toBe(2);
  });

  it('have a version', async () => {
    expect((await said('--version')).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
