/** Runs the provision steps that need no network, with a prefix. */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let folder: string;
let prefix: string;
beforeEach(() => {
  // With a space, as paths may have.
  folder = mkdtempSync(join(tmpdir(), 'provision '));
  prefix = join(folder, 'prefix');
  mkdirSync(prefix);
});
afterEach(() => rmSync(folder, { recursive: true }));

function run(step: string, env: Record<string, string>): { code: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync('bash', [join('ami/provision', `${step}.sh`)], {
    env: { PATH: process.env.PATH, HOME: folder, PREFIX: prefix, ...env },
    encoding: 'utf8',
  });
  return { code: status, output: stdout + stderr };
}

/** All files of a folder with their modification times. */
const listing = (root: string) =>
  readdirSync(root, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => [name, statSync(join(root, name)).mtimeMs] as const);

describe('ComfyUI', () => {
  let source: string;
  let commit: string;
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', source, '-c', 'user.name=a', '-c', 'user.email=a@b', ...args], {
      encoding: 'utf8',
    });
  beforeEach(() => {
    source = join(folder, 'source');
    mkdirSync(join(source, 'models'), { recursive: true });
    for (const [name, text] of [
      ['main.py', 'print("one")'],
      ['models/none', ''],
      ['.gitignore', 'mine/'],
    ] as const)
      writeFileSync(join(source, name), text);
    git('init', '--quiet');
    git('add', '.');
    git('commit', '--quiet', '--message', 'one');
    commit = git('rev-parse', 'HEAD').trim();
    mkdirSync(join(source, 'mine'));
    writeFileSync(join(source, 'mine', 'node.py'), '');
  });
  const setUp = (more: Record<string, string> = {}) =>
    run('30-comfyui', {
      COMFYUI_SOURCE: source,
      COMFYUI_COMMIT: commit,
      COMFYUI_REPOSITORY: 'none',
      ...more,
    });

  it('has the files of the commit only, and a second run changes nothing', () => {
    expect(setUp()).toMatchObject({ code: 0 });
    const root = join(prefix, 'opt', 'comfyui');
    expect(readFileSync(join(root, 'main.py'), 'utf8')).toBe('print("one")');
    for (const name of ['.git', 'mine']) expect(existsSync(join(root, name))).toBe(false);
    expect(existsSync(join(root, 'empty-page', 'index.html'))).toBe(true);
    const before = listing(prefix);
    expect(setUp().output).toContain('is installed');
    expect(listing(prefix)).toEqual(before);
  });

  it('of another commit keeps only the weights', () => {
    setUp();
    const root = join(prefix, 'opt', 'comfyui');
    writeFileSync(join(root, 'models', 'ddcolor', 'weights'), 'w');
    writeFileSync(join(root, 'old'), '');
    writeFileSync(join(source, 'main.py'), 'print("two")');
    git('commit', '--quiet', '--all', '--message', 'two');
    expect(setUp({ COMFYUI_COMMIT: git('rev-parse', 'HEAD').trim() })).toMatchObject({ code: 0 });
    expect(readFileSync(join(root, 'main.py'), 'utf8')).toBe('print("two")');
    expect(existsSync(join(root, 'models', 'ddcolor', 'weights'))).toBe(true);
    expect(existsSync(join(root, 'old'))).toBe(false);
  });

  it('rejects a checkout of another commit, and a commit that cannot be fetched', () => {
    expect(setUp({ COMFYUI_COMMIT: '0'.repeat(40) })).toMatchObject({ code: 1 });
    const { code, output } = setUp({ COMFYUI_SOURCE: '', COMFYUI_REPOSITORY: join(folder, 'nothing') });
    expect(code).toBe(1);
    expect(output).toContain('set the source to a local checkout');
    expect(existsSync(join(prefix, 'opt', 'comfyui'))).toBe(false);
  });

  it('reports a checkout with local changes', () => {
    writeFileSync(join(source, 'main.py'), 'print("mine")');
    const { code, output } = setUp();
    expect(code).toBe(0);
    expect(output).toMatch(/NOTE: .* differs from its commit:\n M main\.py/);
  });
});

describe('weights', () => {
  const bytes = Buffer.from('not a network');
  const hash = createHash('sha256').update(bytes).digest('hex');
  const file = () => join(prefix, 'opt', 'comfyui', 'models', 'ddcolor', 'w.pth');
  const setUp = (more: Record<string, string> = {}) => {
    const source = join(folder, 'w');
    writeFileSync(source, bytes);
    return run('60-weights', {
      WEIGHTS_SOURCE: source,
      WEIGHTS_URL: 'none',
      WEIGHTS_FILE: 'w.pth',
      WEIGHTS_SHA256: hash,
      WEIGHTS_BYTES: String(bytes.length),
      ...more,
    });
  };

  it('are installed with their hash, and a second run changes nothing', () => {
    expect(setUp()).toMatchObject({ code: 0 });
    expect(readFileSync(`${file()}.sha256`, 'utf8')).toBe(`${hash}  w.pth\n`);
    const before = listing(prefix);
    expect(setUp().output).toContain('weights are installed');
    expect(listing(prefix)).toEqual(before);
  });

  it.each([
    ['of another hash', { WEIGHTS_SHA256: 'f'.repeat(64) }],
    ['of another size', { WEIGHTS_BYTES: '14' }],
  ])('%s are rejected, and no file remains', (_name, pins) => {
    const { code, output } = setUp(pins);
    expect(code).toBe(1);
    expect(output).toContain(`13 bytes, sha256 ${hash}; expected`);
    expect(readdirSync(join(file(), '..'))).toEqual([]);
  });

  it('that are damaged are installed again', () => {
    setUp();
    rmSync(file());
    writeFileSync(file(), 'spoilt');
    expect(setUp()).toMatchObject({ code: 0 });
    expect(readFileSync(file())).toEqual(bytes);
  });

  it('cannot be random in an image', () => {
    const { code, output } = setUp({ RANDOM_WEIGHTS: '1', PREFIX: '' });
    expect(code).toBe(1);
    expect(output).toContain('images must not have them');
  });
});

it.each(['10-system', 'clean'])('%s rejects a prefix, since it changes the system itself', (step) => {
  expect(run(step, {})).toMatchObject({ code: 1 });
});

it('every pin of the steps is in the variables file of Packer', () => {
  const pins = readFileSync('ami/packer/versions.auto.pkrvars.hcl', 'utf8');
  const asked = readdirSync('ami/provision')
    .filter((name) => /^\d.*\.sh$/.test(name))
    .flatMap((name) => readFileSync(join('ami/provision', name), 'utf8').match(/^pin \w+$/gm) ?? [])
    .map((line) => line.replace('pin ', '').toLowerCase());
  expect(asked.length).toBeGreaterThan(5);
  for (const name of asked) expect(pins).toMatch(new RegExp(`^${name} += "[^"]+"$`, 'm'));
});
