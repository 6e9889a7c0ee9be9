/** `npm run bench -- scaler`: cold start, tick duration by group size, bundle size and monthly cost of the scaler. */
import { build } from 'esbuild';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { SCALER_METRICS } from '../../contract/names.ts';
import { UNIT_PRICES as PRICE } from '../../contract/prices.ts';
import { BUNDLING } from '../../lib/bundling.ts';
import { resolveStage } from '../../lib/stage/stage.ts';
import { spendingOf } from '../../lib/stage/spending.ts';
import { tickTimes } from '../../lambda/scaler/run.ts';
import { startRecordedAws, type RecordedAws } from './recorded-aws.ts';

const COLD = 7;
/** Invocations until the scaler's memory has its maximum size. */
const WARM = 80;
const LIMIT_MS = 150;
const MEMORY_GB = 0.25;
const MINUTES = 30 * 24 * 60;

const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
const ms = (value: number) => `${value.toFixed(value < 10 ? 1 : 0)} ms`;

interface Run {
  loaded: number;
  /** Milliseconds from the invocation to the first request, and to SetDesiredCapacity. */
  first: number;
  act: number;
  took: number;
  calls: number;
}

async function invoke(bundle: string, aws: RecordedAws, size: number, count: number): Promise<Run[]> {
  aws.reset(size);
  const { policy } = resolveStage('bench', {});
  const child = spawn(process.execPath, [join(import.meta.dirname, 'invoke.mjs'), bundle, String(count)], {
    env: {
      PATH: process.env.PATH,
      AWS_ENDPOINT_URL: aws.url,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'bench',
      AWS_SECRET_ACCESS_KEY: 'bench',
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      STAGE: 'bench',
      QUEUE_URL: `${aws.url}/000000000000/photos`,
      SIDELINED_QUEUE_URL: '',
      BULK_QUEUE_URL: '',
      BULK_DEADLINE_SECONDS: '3600',
      GROUP_NAME: 'photos',
      TABLE_NAME: 'scaler',
      WORK_KEY_PREFIX: 'work#AROABENCH:',
      WAKE_BUCKET: '',
      // One tick for each invocation.
      TICK_SECONDS: '60',
      LAUNCH_TIMEOUT_SECONDS: '600',
      POLICY: JSON.stringify(policy),
      SPENDING: JSON.stringify(spendingOf(resolveStage('bench', {}))),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  for await (const chunk of child.stdout) text += String(chunk);
  const lines = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, number | string>);
  const failed = lines.find(({ message }) => message === 'tick-failed');
  if (failed) throw new Error(`a tick failed: ${failed.error}`);
  const starts = lines.filter(({ event }) => event === 'invoke');
  const done = lines.filter(({ event }) => event === 'done');
  if (done.length !== count) throw new Error(`${done.length} of ${count} invocations succeeded`);
  return starts.map(({ epoch, loaded }, k) => {
    const next = Number(starts[k + 1]?.epoch ?? Infinity);
    const calls = aws.calls.filter(({ at }) => at >= Number(epoch) && at < next);
    const until = (action?: string) =>
      (calls.find((call) => !action || call.action === action)?.at ?? NaN) - Number(epoch);
    return {
      loaded: Number(loaded),
      first: until(),
      act: until('SetDesiredCapacity'),
      took: Number(done[k]?.took),
      calls: calls.length,
    };
  });
}

function monthly(tickSeconds: number, tickMs: number, itemBytes: number): { total: number; text: string } {
  const times = tickTimes(0, 0, tickSeconds);
  const seconds = (times.at(-1) as number) + tickMs / 1000;
  const ticks = times.length * MINUTES;
  const lambda = MINUTES * (seconds * MEMORY_GB * PRICE.lambdaGigabyteSecond + PRICE.lambdaInvocation);
  // Taking the lease writes the whole item, as saving the memory does; the lease is released once a minute.
  const writes = (2 * ticks + MINUTES) * Math.ceil(itemBytes / 1024);
  const table = writes * PRICE.tableWriteUnit + ticks * PRICE.tableReadUnit;
  const metrics = (Object.keys(SCALER_METRICS).length - 2) * PRICE.metricMonth + ticks * PRICE.metricPut;
  const total = lambda + table + metrics;
  const dollars = (value: number) => `$${value.toFixed(2)}`;
  return {
    total,
    text: `${dollars(total)} (Lambda ${dollars(lambda)}, table ${dollars(table)}, metrics ${dollars(metrics)})`,
  };
}

export async function bench(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-scaler-'));
  const aws = await startRecordedAws();
  try {
    const file = join(folder, 'handler.mjs');
    await build({ ...BUNDLING, entryPoints: ['lambda/scaler/handler.ts'], outfile: file });
    const code = readFileSync(file);
    console.log(
      `bundle ${(code.length / 1024).toFixed(0)} KiB, ${(gzipSync(code).length / 1024).toFixed(0)} KiB zipped`,
    );
    const bundle = pathToFileURL(file).href;
    // For comparison: Node loading an empty function.
    const bare = join(folder, 'bare.mjs');
    writeFileSync(bare, 'export const handler = async () => {};\n');

    const cold: Run[] = [];
    const empty: Run[] = [];
    for (let k = 0; k < COLD; k++) {
      cold.push(...(await invoke(bundle, aws, 5, 1)));
      empty.push(...(await invoke(pathToFileURL(bare).href, aws, 5, 1)));
    }
    const own =
      median(cold.map(({ loaded, first }) => loaded + first)) - median(empty.map(({ loaded }) => loaded));
    console.log(
      `cold: loaded in ${ms(median(cold.map(({ loaded }) => loaded)))}, first request ${ms(median(cold.map(({ first }) => first)))} and first act ${ms(median(cold.map(({ act }) => act)))} after the invocation`,
    );
    console.log(`cold start's own code: ${ms(own)}`);
    let tickMs = 0;
    for (const size of [5, 1000, 10_000]) {
      const runs = (await invoke(bundle, aws, size, WARM)).slice(60);
      const took = median(runs.map((run) => run.took));
      tickMs ||= took;
      console.log(
        `warm, ${String(size).padStart(6)} instances: tick ${ms(took).padStart(7)} (${(took / tickMs).toFixed(1)} x), first act after ${ms(median(runs.map(({ act }) => act)))}, ${median(runs.map(({ calls }) => calls))} API calls`,
      );
    }
    for (const tickSeconds of [30, 15]) {
      console.log(
        `a month of ticks every ${tickSeconds} s: ${monthly(tickSeconds, tickMs, aws.itemBytes).text}, item ${(aws.itemBytes / 1024).toFixed(1)} KiB`,
      );
    }
    if (own < LIMIT_MS) return 0;
    console.error(`cold start's own code took ${ms(own)}: expected less than ${LIMIT_MS} ms`);
    return 1;
  } finally {
    aws.close();
    rmSync(folder, { recursive: true });
  }
}
