/** The processes of an instance: their environment, their restart, and that none remains after a stop. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { execFileSync, spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Running } from '../../../local/fleet/agent.ts';
import { importing, processLauncher } from '../../../local/fleet/launcher.ts';
import { isAlive, until } from '../../support/wait.ts';

const ROOT = join(import.meta.dirname, '../../..');
const eventually = (condition: () => boolean) => until(condition, (holds) => holds);

let folder: string;
let running: Running | undefined;
let lines: Record<string, string | number>[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'launcher-'));
  lines = [];
  writeFileSync(
    join(folder, 'comfyui.mjs'),
    "process.send({ url: 'http://127.0.0.1:8188' }); console.log(JSON.stringify({ comfyui: process.pid })); setInterval(() => {}, 1000);",
  );
  writeFileSync(
    join(folder, 'worker.mjs'),
    `const { COMFYUI_URL, AWS_EC2_METADATA_SERVICE_ENDPOINT, AWS_ENDPOINT_URL_AUTO_SCALING, STAGE } = process.env;
    console.log(JSON.stringify({ worker: process.pid, COMFYUI_URL, AWS_EC2_METADATA_SERVICE_ENDPOINT, AWS_ENDPOINT_URL_AUTO_SCALING, STAGE }));
    process.on('SIGUSR2', () => process.exit(1));
    setInterval(() => {}, 1000);`,
  );
});
afterEach(async () => {
  await running?.stop();
  running = undefined;
  rmSync(folder, { recursive: true, force: true });
});

const script = (name: string) => ({ command: process.execPath, args: [join(folder, name)] });
const launcher = () =>
  processLauncher({
    worker: script('worker.mjs'),
    comfyui: script('comfyui.mjs'),
    env: { ...process.env, STAGE: 'test' },
    logDirectory: folder,
    restartMs: 10,
    onLine: (_id, line) => lines.push(JSON.parse(line) as Record<string, string | number>),
  });
const launch = async () => {
  running = await launcher().launch({
    instanceId: 'i-1',
    metadataUrl: 'http://127.0.0.1:1',
    autoScalingUrl: 'http://127.0.0.1:2',
  });
};
const pids = (name: string) => lines.filter((line) => name in line).map((line) => Number(line[name]));

describe('an instance', () => {
  it('runs a worker with its ComfyUI and endpoints in the environment, and writes a log', async () => {
    await launch();
    await eventually(() => pids('worker').length === 1);
    expect(lines.find((line) => 'worker' in line)).toMatchObject({
      COMFYUI_URL: 'http://127.0.0.1:8188',
      AWS_EC2_METADATA_SERVICE_ENDPOINT: 'http://127.0.0.1:1',
      AWS_ENDPOINT_URL_AUTO_SCALING: 'http://127.0.0.1:2',
      STAGE: 'test',
    });
    await eventually(() => readFileSync(join(folder, 'i-1.log'), 'utf8').includes('"worker"'));
  });

  it('restarts a worker that exits', async () => {
    await launch();
    await eventually(() => pids('worker').length === 1);
    process.kill(pids('worker')[0] ?? 0, 'SIGUSR2');
    await eventually(() => pids('worker').length === 2);
    expect(pids('comfyui')).toHaveLength(1);
  });

  it('has no process after a stop, and restarts none', async () => {
    await launch();
    await eventually(() => pids('worker').length === 1);
    await running?.stop();
    await eventually(() => ![...pids('worker'), ...pids('comfyui')].some(isAlive));
  });

  it('fails to start when its ComfyUI exits', async () => {
    writeFileSync(join(folder, 'comfyui.mjs'), 'process.exit(3)');
    await expect(launch()).rejects.toThrow('ComfyUI did not start: exited with 3');
  });

  it('exits with the process that started it, even after SIGKILL', async () => {
    writeFileSync(
      join(folder, 'parent.mts'),
      `import { importing, processLauncher } from ${JSON.stringify(join(ROOT, 'local/fleet/launcher.ts'))};
      const launcher = processLauncher({
        worker: ${JSON.stringify(script('worker.mjs'))},
        comfyui: ${JSON.stringify(script('comfyui.mjs'))},
        env: process.env,
        logDirectory: ${JSON.stringify(folder)},
        onLine: (_id, line) => console.log(line),
      });
      await launcher.launch({ instanceId: 'i-2', metadataUrl: 'x', autoScalingUrl: 'y' });`,
    );
    const parent = spawn(process.execPath, ['--import', 'tsx', join(folder, 'parent.mts')], { cwd: ROOT });
    let rest = '';
    parent.stdout.on('data', (text: Buffer) => {
      const parts = (rest + text.toString()).split('\n');
      rest = parts.pop() ?? '';
      lines.push(...parts.map((line) => JSON.parse(line) as Record<string, number>));
    });
    await eventually(() => pids('worker').length === 1 && pids('comfyui').length === 1);
    const started = [...pids('worker'), ...pids('comfyui')];
    expect(started.every(isAlive)).toBe(true);
    parent.kill('SIGKILL');
    await eventually(() => !started.some(isAlive));
  });
});

it('imports a module from a folder with special characters', () => {
  const file = join(folder, '100 % of "it" #1.mjs');
  writeFileSync(file, "console.log('imported');");
  const env = { ...process.env, NODE_OPTIONS: importing(file) };
  expect(execFileSync(process.execPath, ['-e', ''], { env, encoding: 'utf8' })).toBe('imported\n');
});
