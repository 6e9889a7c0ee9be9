/** The check itself: passes on what we have, and fails on what is broken. */
import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { check } from '../../../ami/check/check.ts';
import { runProgram } from '../../../ami/check/result.ts';

const ROOT = join(import.meta.dirname, '../../..');

let folder: string;
let said: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'check-'));
  said = '';
  vi.spyOn(console, 'log').mockImplementation((line: string) => void (said += `${line}\n`));
  for (const part of ['packer', 'systemd'])
    cpSync(join(ROOT, 'ami', part), join(folder, 'ami', part), { recursive: true });
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

function change(path: string, from: string, to: string): void {
  const file = join(folder, 'ami', path);
  const text = readFileSync(file, 'utf8');
  expect(text).toContain(from);
  writeFileSync(file, text.replace(from, to));
}

/** A Packer of ours, first on the PATH, which fails at what it is told to. */
function packer(script: string): void {
  const program = join(folder, 'packer');
  writeFileSync(program, `#!/bin/sh\n${script}\n`);
  chmodSync(program, 0o755);
  vi.stubEnv('PATH', `${folder}${delimiter}${process.env.PATH}`);
}

const PRESENT =
  'case "$1" in version) echo "Packer v1.14.2";; plugins) echo packer-plugin-amazon_v1.8.4;; esac';
const systemd = async () => (await runProgram('systemd-analyze', ['--version'])).code === 0;

describe('check of the image', () => {
  it('passes on this repository, with a line for each part', async () => {
    const code = await check([]);
    expect(said).toMatch(/^packer fmt: (ok|not installed .+)$/m);
    expect(said).toMatch(/^packer validate: (ok|not installed .+)$/m);
    expect(said).toMatch(/^shellcheck \(\d+ scripts\): ok$/m);
    expect(said).toMatch(/^systemd-analyze verify \(\d units\): (ok|not installed .+)$/m);
    expect(code).toBe(0);
  });

  it('fails on a script that is broken', async () => {
    change('systemd/prepare-scratch.sh', '"$COMFY/input"', '$COMFY/input');
    expect(await check([folder])).toBe(1);
    expect(said).toMatch(/^shellcheck .*: failed\n {2}ami\/systemd\/prepare-scratch\.sh:\d+:.*SC2086/m);
  });

  // Where there is no systemd, nothing can be found, and the line says so.
  it.each([
    ['a setting that is none', 'MemoryMax=', 'MemoryMaximum=', 'Unknown key'],
    ['a program that is not there', '/opt/tools/bin/node', '/usr/bin/nodejs', 'not executable'],
    ['an order that closes a circle', 'After=network', 'After=cloud-final.service network', 'ordering cycle'],
    ['a unit that is not there', 'Requires=scratch', 'Requires=scratches', 'not found'],
  ])('fails on a unit with %s', async (_, from, to, words) => {
    change('systemd/photo-worker.service', from, to);
    const [code, line] = (await systemd()) ? [1, words] : [0, 'not installed (Linux only'];
    expect(await check([folder])).toBe(code);
    expect(said).toContain(line);
  });

  it("goes by Packer's word where it is there", async () => {
    packer(PRESENT);
    expect(await check([folder])).toBe(0);
    expect(said).toContain('packer fmt: ok\npacker validate: ok\n');

    packer(`[ "$1" != fmt ] || { echo variables.pkr.hcl; exit 3; }\n${PRESENT}`);
    expect(await check([folder])).toBe(1);
    expect(said).toContain('packer fmt: failed\n  variables.pkr.hcl\n');

    packer(`[ "$1" != validate ] || { echo Unsupported argument; exit 1; }\n${PRESENT}`);
    expect(await check([folder])).toBe(1);
    expect(said).toContain('packer validate: failed\n  Unsupported argument\n');
  });

  it('takes no word of a Packer that is too old, or has no plugin', async () => {
    packer('echo "Packer v1.6.6"; exit 1');
    expect(await check([folder])).toBe(0);
    expect(said).toMatch(/packer fmt: not installed \(.*v1\.6\.6\)/);

    packer('[ "$1" != version ] || echo "Packer v1.14.2"');
    expect(await check([folder])).toBe(0);
    expect(said).toMatch(/packer validate: not installed \(.*packer init/);
  });
});
