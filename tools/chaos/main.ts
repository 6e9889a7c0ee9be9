/**
 * `npm run chaos [-- --photos 1000] [--seed 1] [--json FILE]`: the local stack under fire. Workers and ComfyUIs are killed and
 * frozen, machines vanish, messages come twice and late, S3 and SQS fail; then it is seen whether every photo has one end.
 *
 * The seed decides which faults come and when; what they meet depends on the machine, so that no two runs are the same.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { ensureVenv } from '../../local/aws/venv.ts';
import { command, type CommandContext } from '../../common/command.ts';
import { wholeNumber } from '../../common/options.ts';
import { UserError } from '../../common/errors.ts';
import { checkWritable } from '../../local/run/preflight.ts';
import { startStack, type LocalStack } from '../../local/run/stack.ts';
import { countOutcomes, readStoredOutcomes } from './outcomes.ts';
import { Injector } from './injector.ts';
import { Instances } from './instances.ts';
import { planFaults } from './plan.ts';
import { Uploads } from './uploads.ts';
import { startProxy, type FaultProxy } from './proxy.ts';
import { drainQueue, MessageFaults, messagesIn } from './message-faults.ts';
import { reportLines, reportOf, type ChaosReport, type Leftovers } from './report.ts';
import { checkOutcomes } from './check-outcomes.ts';

export const HELP = `npm run chaos -- [options]
  --photos N      photos to submit (1000)
  --seed S        of the faults (1)
  --json FILE     write the report as JSON
  --help          this text`;

const STAGE = 'chaos';
const STAND_IN_SECONDS = 0.2;
const FAULT_EVERY_SECONDS = 1.5;
/** Share of the photos that the peace at the end may begin with. */
const REST = 0.02;
const LOOK_MS = 2000;
/** Looks at an empty queue in a row, before it counts as empty: its numbers are approximate. */
const EMPTY_LOOKS = 4;
/** A run in which nothing has moved for so long has lost what has not ended; a poison message is hidden for a minute at most. */
const PATIENCE_MS = 240_000;

export interface ChaosOptions {
  photos: number;
  seed: number;
}

/** One run, from nothing to its report. */
export async function chaos({ photos, seed }: ChaosOptions, context: CommandContext): Promise<ChaosReport> {
  const { abort, scope, progress } = context;
  const startMs = performance.now();
  const say = (line: string) => progress.print(line);
  const python = await ensureVenv(abort, say);
  const parts: { stack?: LocalStack; proxy?: FaultProxy } = {};
  const machines = new Instances(
    () => parts.stack!.agent,
    () => parts.stack!.groupName,
  );
  const stack = (parts.stack = await startStack({
    stage: STAGE,
    comfyui: undefined,
    python,
    abort,
    scope,
    say,
    standInSeconds: STAND_IN_SECONDS,
    onWorkerLine: () => undefined,
    onProcess: (started) => machines.started(started),
    workerModules: [join(import.meta.dirname, 'shift-clock.mjs')],
    workerEndpoint: async (endpoint) => {
      const proxy = (parts.proxy = await startProxy(endpoint, seed));
      await scope.defer(() => proxy.close());
      return proxy.url;
    },
  }));
  const { s3, sqs, outputs } = stack;
  const [bucket, queue] = [outputs.BucketName ?? '', outputs.QueueUrl ?? ''];
  const product = new Uploads(s3, bucket);
  const messages = new MessageFaults(sqs, queue);
  const victims = { machines, messages, product, proxy: parts.proxy! };
  const injector = new Injector(victims, planFaults(seed, FAULT_EVERY_SECONDS));

  let phase = 'waiting for the fleet';
  const look = async () => {
    const [left, { results, failed }] = await Promise.all([
      messagesIn(sqs, queue),
      countOutcomes(s3, bucket),
    ]);
    const { desired, instances } = stack.agent.snapshot(stack.groupName);
    const row = [
      `${Math.round((performance.now() - startMs) / 1000)} s`.padStart(5),
      phase,
      `${left} messages`,
      `fleet ${machines.live().length} of ${desired} in service`,
      `results ${results}, failed ${failed} of ${product.photos.size}`,
      `${injector.total} faults`,
    ];
    progress.line(row.join('  '));
    return { left, desired, instances: instances.length, state: row.slice(1, -1).join(' ') };
  };
  type Look = Awaited<ReturnType<typeof look>>;
  /** Looks until `done`, or until nothing has moved for long. */
  const until = async (done: (seen: Look) => boolean) => {
    let [state, changedMs] = ['', performance.now()];
    for (;;) {
      abort.throwIfAborted();
      const seen = await look();
      if (done(seen)) return;
      if (seen.state !== state) [state, changedMs] = [seen.state, performance.now()];
      if (performance.now() - changedMs > PATIENCE_MS)
        return say(`Nothing has moved for ${PATIENCE_MS / 1000} s; .local/logs says more.`);
      await sleep(LOOK_MS, undefined, { signal: abort });
    }
  };

  let submitted = false;
  const submitting = product.submitAll(photos, abort).then(() => (submitted = true));
  await Promise.race([submitting, until(() => machines.live().length > 0)]);
  await until(() => machines.live().length > 0);
  say('The first instance is in service: here come the faults.');
  phase = 'under fire';
  const peace = new AbortController();
  const fire = injector.run(peace.signal);
  await submitting;
  await until(({ left }) => submitted && left <= REST * photos);
  peace.abort();
  await fire;
  say('Peace: everything runs again, and the rest has to end.');
  phase = 'at peace';
  let empty = 0;
  await until(({ left }) => (empty = left === 0 ? empty + 1 : 0) >= EMPTY_LOOKS);
  const onDisk = machines.leftOnDisk();
  phase = 'scaling in';
  await until(({ desired, instances }) => desired === 0 && instances === 0);

  const dead = await drainQueue(sqs, outputs.DeadLetterQueueUrl ?? '');
  const leftovers: Leftovers = {
    messages: await messagesIn(sqs, queue),
    onDisk,
    dead: dead.filter((body) => !messages.poison.includes(body)),
    poisonMissing: messages.poison.filter((body) => !dead.includes(body)).length,
    poison: messages.poison.length,
  };
  const verdict = await checkOutcomes(product.photos.values(), await readStoredOutcomes(s3, bucket));
  const seconds = (performance.now() - startMs) / 1000;
  return reportOf({ seed, photos, seconds, verdict, leftovers }, injector, victims.proxy);
}

/** @throws UserError with the value given and what is allowed */
export function parseChaosOptions(args: string[]): ChaosOptions & { json?: string; help?: boolean } {
  const options = {
    photos: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    json: { type: 'string' },
    help: { type: 'boolean' },
  } as const;
  let values;
  try {
    ({ values } = parseArgs({ args, options }));
  } catch (error) {
    throw new UserError(`${(error as Error).message.split('. ')[0]} (npm run chaos -- --help)`, {
      cause: error,
    });
  }
  return {
    photos: wholeNumber('--photos', values.photos, 1, 20_000),
    seed: wholeNumber('--seed', values.seed, 1, 1_000_000),
    json: values.json,
    help: values.help,
  };
}

export const main = (args: string[]): Promise<number> =>
  command('npm run chaos', async (context) => {
    const { json, help, ...options } = parseChaosOptions(args);
    if (help) {
      console.log(HELP);
      return 0;
    }
    if (json !== undefined) await checkWritable(json);
    const report = await chaos(options, context);
    for (const line of reportLines(report)) context.progress.print(line);
    if (json !== undefined) writeFileSync(json, `${JSON.stringify(report, null, 2)}\n`);
    return report.passed ? 0 : 1;
  });
