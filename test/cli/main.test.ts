/** `ddcolor-elastic` in a checkout: run by npx and by node, help texts and unknown commands. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../cli/commands.ts';
import { command, Folder } from './support/command.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const OURS = ['bin', 'cli', 'client', 'common', 'contract', 'lib', 'lambda'];

/** A separate checkout: a changed lock file would reinstall the packages of the real one during other tests. */
let checkout: Folder;
let elsewhere: Folder;
beforeAll(() => {
  checkout = new Folder();
  elsewhere = new Folder().write({ 'notes.txt': '' });
  for (const name of OURS) cpSync(join(ROOT, name), join(checkout.path, name), { recursive: true });
  mkdirSync(join(checkout.path, 'node_modules'));
  for (const name of ['tsx', 'zod', 'commander']) {
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

it.each<[how: string, cwd: () => string, program: string, before: () => string[]]>([
  ['npx, in the checkout', () => join(checkout.path, 'photos'), 'npx', () => ['ddcolor-elastic']],
  [
    'node, from anywhere',
    () => elsewhere.path,
    process.execPath,
    () => [join(checkout.path, 'cli/main.mjs')],
  ],
])('resolves paths from the current folder, called by %s', (_how, cwd, program, before) => {
  // The message shows that the file was found.
  const ended = call(cwd(), program, [...before(), 'colour', 'notes.txt', '--bucket', 'photos']);
  expect(ended).toMatchObject({ code: 2, out: '' });
  expect(ended.err).toContain("'notes.txt' is not a picture by its name");
});

describe('help', () => {
  const run = (...args: string[]) => command(elsewhere.path, args);
  const SCREEN = { lines: 30, columns: 80 };

  it('lists every command, in groups, on one screen', async () => {
    const { code, out, err } = await run('--help');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    for (const [name, { group, summary }] of Object.entries(COMMANDS)) {
      expect(out).toMatch(new RegExp(`^${group}\n(  .*\n)*?  ${name} +${summary}`, 'm'));
    }
    const lines = out.trimEnd().split('\n');
    expect(lines.length).toBeLessThanOrEqual(SCREEN.lines);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(SCREEN.columns);
    expect((await run('help')).out).toBe(out);
  });

  const SUBCOMMANDS = [
    ...['bake', 'promote', 'rollback', 'list', 'check'].map((name) => ['image', name]),
    ['webhook', 'replay'],
    ...['setup', 'start', 'stop', 'status'].map((name) => ['comfyui', name]),
    ...['add', 'check'].map((name) => ['workflow', name]),
    ...['run', 'compare', 'tune', 'estimates', 'fit', 'figures', 'trial', 'season'].map((name) => [
      'simulate',
      name,
    ]),
  ];
  const plain = Object.keys(COMMANDS).filter(
    (name) => !['image', 'comfyui', 'workflow', 'webhook'].includes(name),
  );
  it.each([...plain.map((name) => [name]), ...SUBCOMMANDS])('of %s %s has an example', async (...names) => {
    const { code, out } = await run(...names.filter(Boolean), '--help');
    expect(code).toBe(0);
    expect(out).toContain(`\nExample: ddcolor-elastic ${names.filter(Boolean).join(' ')} `.trimEnd());
    expect((await run('help', ...names.filter(Boolean))).out).toBe(out);
    if (names[0] === 'simulate') return;
    for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(120);
  });

  it('of an alias is that of the command', async () => {
    expect((await run('help', 'color')).out).toBe((await run('help', 'colour')).out);
  });
});

it.each([
  [[], ''],
  [['stauts'], 'Did you mean status?'],
  [['toString'], "unknown command 'toString'"],
  [['help', 'paint'], "unknown command 'paint'"],
  [['image', 'promot'], 'Did you mean promote?'],
  [['simulate', 'compar'], 'Did you mean compare?'],
  [['explain', '--jsno'], 'Did you mean --json?'],
])('rejects %j', async (args, message) => {
  const { code, out, err } = await command(elsewhere.path, args);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toContain(message);
});

it('prints its version', async () => {
  expect((await command(elsewhere.path, ['--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
});

/** Modules that a file loads: files of this repository by path, packages by name. */
function loaded(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  if (!file.endsWith('.ts')) return seen;
  const text = readFileSync(join(ROOT, file), 'utf8');
  for (const [, target = ''] of text.matchAll(/^(?:import|export)\s+(?!type\s)[^'";]*?from\s+'([^']+)'/gm)) {
    loaded(target.startsWith('.') ? join(dirname(file), target) : target, seen);
  }
  return seen;
}

it.each(['status', 'watch', 'explain', 'pause', 'redrive', 'smoke', 'quota', 'cost', 'colour', 'comfyui'])(
  'the help of %s loads neither an SDK nor an image library',
  (name) => {
    const all = [...loaded(`cli/${name}/main.ts`)];
    expect(all).toContain('common/command-line.ts');
    expect(all.filter((one) => /^(@aws-sdk|@smithy|sharp)/.test(one))).toEqual([]);
  },
);
