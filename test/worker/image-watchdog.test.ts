/** The watchdog in a real process that hangs, waits or fills its memory: the process says what it exceeded, and ends. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { afterAll, expect, it } from 'vitest';
import { FrameReader, type Frame } from '../../worker/imaging/frames.ts';

const WATCHDOG = new URL('../../worker/imaging/image-watchdog.mjs', import.meta.url).href;
const AMPLE = 1e6;
const folder = mkdtempSync(join(tmpdir(), 'watchdog-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Limits {
  cpuSeconds?: number;
  seconds?: number;
  megabytes?: number;
}

/** A process as `image-process.ts` sets it up, whose main thread then does this. */
function program({ cpuSeconds = AMPLE, seconds = AMPLE, megabytes = AMPLE }: Limits, body: string): string {
  return `
    import { Worker } from 'node:worker_threads';
    const shared = new SharedArrayBuffer(32);
    const watchdog = new Worker(new URL('${WATCHDOG}'), { workerData: shared });
    await new Promise((resolve) => watchdog.once('message', resolve));
    watchdog.unref();
    const { user, system } = process.cpuUsage();
    new Float64Array(shared, 8, 3).set([
      user + system + ${cpuSeconds} * 1e6,
      (process.uptime() + ${seconds}) * 1000,
      process.memoryUsage.rss() + ${megabytes} * 1e6,
    ]);
    const running = new Int32Array(shared, 0, 1);
    Atomics.store(running, 0, 1);
    Atomics.notify(running, 0);
    ${body}`;
}

/** Runs it to its end. */
async function ended(source: string) {
  const file = join(folder, 'program.mjs');
  writeFileSync(file, source);
  const child = spawn(process.execPath, [file], {
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
  });
  const reader = new FrameReader({ header: 1000, body: 0 });
  const frames: Frame[] = [];
  (child.stdio[3] as Readable).on('data', (chunk: Buffer) => frames.push(...reader.push(chunk)));
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) =>
    child.once('close', (code, signal) => resolve([code, signal])),
  );
  return { code, signal, said: frames.map(({ header }) => header) };
}

it.each([
  ['processor time', { cpuSeconds: 0.2 }, 'for (;;);'],
  ['time', { seconds: 0.3 }, 'await new Promise((resolve) => setTimeout(resolve, 60_000));'],
  ['memory', { megabytes: 100 }, 'const held = []; for (;;) held.push(Buffer.alloc(1e7, 1));'],
])('a process that exceeds its limit of %s says so and is killed', async (exceeded, limits, body) => {
  expect(await ended(program(limits, body))).toEqual({ code: null, signal: 'SIGKILL', said: [{ exceeded }] });
});

it('a process whose request is done is not watched', async () => {
  const done = 'Atomics.store(running, 0, 0); await new Promise((resolve) => setTimeout(resolve, 300));';
  expect(await ended(program({ seconds: 0.1 }, done))).toEqual({ code: 0, signal: null, said: [] });
});
