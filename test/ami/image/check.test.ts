/** The check of the image's sources passes on this repository and fails on planted errors. */
import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { check } from '../../../ami/check/check.ts';
import { runProgram } from '../../../ami/check/result.ts';

const ROOT = join(import.meta.dirname, '../../..');

let folder: string;
let output: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'check-'));
  output = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => Boolean((output += String(text))));
  for (const part of ['packer', 'systemd', 'agent'])
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

/** Puts a fake Packer first on the PATH. */
function packer(script: string): void {
  const program = join(folder, 'packer');
  writeFileSync(program, `#!/bin/sh\n${script}\n`);
  chmodSync(program, 0o755);
  vi.stubEnv('PATH', `${folder}${delimiter}${process.env.PATH}`);
}

const PRESENT =
  'case "$1" in version) echo "Packer v1.14.2";; plugins) echo packer-plugin-amazon_v1.8.4;; esac';
const hasSystemd = async () => (await runProgram('systemd-analyze', ['--version'])).code === 0;

describe('check of the image', () => {
  it('passes on this repository, with a line for each tool', async () => {
    const code = await check([]);
    expect(output).toMatch(/^packer fmt: (ok|not installed .+)$/m);
    expect(output).toMatch(/^packer validate: (ok|not installed .+)$/m);
    expect(output).toMatch(/^shellcheck \(\d+ scripts\): ok$/m);
    expect(output).toMatch(/^systemd-analyze verify \(\d units\): (ok|not installed .+)$/m);
    expect(code).toBe(0);
  });

  it('fails on a shell script with an error', async () => {
    change('systemd/prepare-scratch.sh', '"$COMFY/input"', '$COMFY/input');
    expect(await check([folder])).toBe(1);
    expect(output).toMatch(/^shellcheck .*: failed\n {2}ami\/systemd\/prepare-scratch\.sh:\d+:.*SC2086/m);
  });

  // Without systemd the result is `not installed`.
  it.each([
    ['an unknown setting', 'MemoryMax=', 'MemoryMaximum=', 'Unknown key'],
    ['a missing program', '/opt/tools/bin/node', '/usr/bin/nodejs', 'not executable'],
    ['an ordering cycle', 'After=network', 'After=cloud-final.service network', 'ordering cycle'],
    ['a missing unit', 'Requires=scratch', 'Requires=scratches', 'not found'],
  ])('fails on a unit with %s', async (_, from, to, words) => {
    change('systemd/photo-worker.service', from, to);
    const [code, line] = (await hasSystemd()) ? [1, words] : [0, 'not installed (Linux only'];
    expect(await check([folder])).toBe(code);
    expect(output).toContain(line);
  });

  it('reports the result of Packer', async () => {
    packer(PRESENT);
    expect(await check([folder])).toBe(0);
    expect(output).toContain('packer fmt: ok\npacker validate: ok\n');

    packer(`[ "$1" != fmt ] || { echo variables.pkr.hcl; exit 3; }\n${PRESENT}`);
    expect(await check([folder])).toBe(1);
    expect(output).toContain('packer fmt: failed\n  variables.pkr.hcl\n');

    packer(`[ "$1" != validate ] || { echo Unsupported argument; exit 1; }\n${PRESENT}`);
    expect(await check([folder])).toBe(1);
    expect(output).toContain('packer validate: failed\n  Unsupported argument\n');
  });

  it('does not use a Packer that is too old or has no plugin', async () => {
    packer('echo "Packer v1.6.6"; exit 1');
    expect(await check([folder])).toBe(0);
    expect(output).toMatch(/packer fmt: not installed \(.*v1\.6\.6\)/);

    packer('[ "$1" != version ] || echo "Packer v1.14.2"');
    expect(await check([folder])).toBe(0);
    expect(output).toMatch(/packer validate: not installed \(.*packer init/);
  });
});
