/**
 * `npm run chaos [-- --photos 1000] [--bulk 20] [--seed 1] [--json FILE]`: a fault-injection test of the local stack. Workers and ComfyUIs
 * are killed and suspended, instances are terminated, messages are duplicated and delayed, S3 and SQS fail; then every photo
 * must have exactly one outcome.
 *
 * The seed determines kinds and times of the faults; their targets depend on timing, so no two runs are equal.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Option } from 'commander';
import { ensureVenv } from '../../local/aws/venv.ts';
import { command, type CommandContext } from '../../common/command.ts';
import { CommandLine, wholeNumber } from '../../common/command-line.ts';
import { checkWritable } from '../../local/run/preflight.ts';
import { fleetOf } from '../../local/run/fleet.ts';
import { startStack, type LocalStack } from '../../local/run/stack.ts';
import { countOutcomes, readStoredOutcomes } from './outcomes.ts';
import { Injector } from './injector.ts';
import { Instances } from './instances.ts';
import { batchesOf, journalLines } from './check-batches.ts';
import { checkLogs } from './check-logs.ts';
import { checkQueues } from './check-queues.ts';
import { planOutages, runOutages } from './outages.ts';
import { stages } from '../../bin/stages.ts';
import { queueUrlsOf, type QueueName } from '../../contract/lanes.ts';
import { resolveStage } from '../../lib/stage/stage.ts';
import { planFaults } from './plan.ts';
import { FleetPeak } from './spot-shortage.ts';
import { StackView } from './stack-view.ts';
import { Uploads } from './uploads.ts';
import { startProxy, type FaultProxy } from './proxy.ts';
import { drainQueue, MessageFaults, messagesIn } from './message-faults.ts';
import { reportLines, reportOf, type ChaosReport, type Leftovers } from './report.ts';
import { checkOutcomes } from './check-outcomes.ts';

const STAGE = 'chaos';
const STAND_IN_SECONDS = 0.2;
const FAULT_EVERY_SECONDS = 1.5;
/** Faults stop once no more than this share of the photos is in the queue. */
const LAST_SHARE = 0.02;
/** Ten minutes on AWS, and a look each minute; less fits into a run. */
const [LAUNCH_TIMEOUT_SECONDS, LOG_CHECK_MS] = [60, 3000];
const POLL_MS = 2000;
/** Consecutive polls with an empty queue until it counts as empty, since SQS counts are approximate. */
const EMPTY_POLLS = 4;
/** Without progress for this long, photos without an outcome count as lost; a hung decoder ends after 90 s. */
const PATIENCE_MS = 240_000;

export interface ChaosOptions {
  photos: number;
  /** Per cent of them in the bulk lane. */
  bulk: number;
  seed: number;
}

/** Of the photos of the interactive lane, every fourth. */
const SIDELINED_EVERY = 4;

/** Spreads the bulk photos evenly, and the sidelined ones. */
function queueFor(number: number, percent: number): QueueName {
  if (Math.floor(((number + 1) * percent) / 100) > Math.floor((number * percent) / 100)) return 'bulk';
  return number % SIDELINED_EVERY === SIDELINED_EVERY - 1 ? 'sidelined' : 'interactive';
}

/** Deploys the stack, runs the test and removes everything. @returns the report */
export async function chaos(
  { photos, seed, bulk }: ChaosOptions,
  context: CommandContext,
): Promise<ChaosReport> {
  const { abort, scope, progress } = context;
  const startMs = performance.now();
  const say = (line: string) => progress.print(line);
  const python = await ensureVenv(abort, say);
  const parts: { stack?: LocalStack; proxy?: FaultProxy } = {};
  const instances = new Instances(() => parts.stack!);
  const peak = new FleetPeak();
  const stack = (parts.stack = await startStack({
    stage: STAGE,
    comfyui: undefined,
    python,
    abort,
    scope,
    say,
    standInSeconds: STAND_IN_SECONDS,
    onWorkerLine: () => undefined,
    launchTimeoutSeconds: LAUNCH_TIMEOUT_SECONDS,
    logCheckMs: LOG_CHECK_MS,
    onFleetChange: () => parts.stack && peak.look(fleetOf(parts.stack)),
    onProcess: (started) => instances.started(started),
    workerModules: [join(import.meta.dirname, 'shift-clock.mjs')],
    workerEndpoint: async (endpoint) => {
      const proxy = (parts.proxy = await startProxy(endpoint, seed));
      await scope.defer(() => proxy.close());
      return proxy.url;
    },
  }));
  const { s3, sqs, outputs } = stack;
  const bucket = outputs.BucketName ?? '';
  const queues = queueUrlsOf(outputs);
  const uploads = new Uploads(s3, bucket, (number) => queueFor(number, bulk));
  const messages = new MessageFaults(sqs, queues);
  const targets = { instances, messages, uploads, proxy: parts.proxy! };
  const injector = new Injector(targets, planFaults(seed, FAULT_EVERY_SECONDS));
  const view = new StackView(stack, STAGE);
  const finished = async () => {
    const { results, failed } = await countOutcomes(s3, bucket);
    return results + failed;
  };

  let phase = 'waiting for the fleet';
  const poll = async () => {
    const [left, { results, failed }] = await Promise.all([
      messagesIn(sqs, queues),
      countOutcomes(s3, bucket),
    ]);
    const fleet = fleetOf(stack);
    const row = [
      `${Math.round((performance.now() - startMs) / 1000)} s`.padStart(5),
      phase,
      `${left} messages`,
      `fleet ${instances.live().length} of ${fleet.desired} in service`,
      `results ${results}, failed ${failed} of ${uploads.photos.size}`,
      `${injector.total} faults`,
    ];
    progress.line(row.join('  '));
    return {
      left,
      desired: fleet.desired,
      instances: fleet.instances.length,
      state: row.slice(1, -1).join(' '),
    };
  };
  type Poll = Awaited<ReturnType<typeof poll>>;
  /** Polls until `done`, or until nothing has changed for 240 s. */
  const until = async (done: (seen: Poll) => boolean) => {
    let [state, changedMs] = ['', performance.now()];
    for (;;) {
      abort.throwIfAborted();
      const seen = await poll();
      if (done(seen)) return;
      if (seen.state !== state) [state, changedMs] = [seen.state, performance.now()];
      if (performance.now() - changedMs > PATIENCE_MS)
        return say(`No progress for ${PATIENCE_MS / 1000} s; see the logs in .local/logs.`);
      await sleep(POLL_MS, undefined, { signal: abort });
    }
  };

  let submitted = false;
  const submitting = uploads.submitAll(photos, abort).then(() => (submitted = true));
  await Promise.race([submitting, until(() => instances.live().length > 0)]);
  await until(() => instances.live().length > 0);
  say('The first instance is in service; the faults start.');
  phase = 'injecting faults';
  const stop = new AbortController();
  const injecting = injector.run(stop.signal);
  let areOutagesOver = false;
  const over = new AbortController();
  const ended = () => (areOutagesOver = true);
  const ports = { instances, proxy: targets.proxy, view, finished, photos, stack, ended, over: over.signal };
  const outages = runOutages(planOutages(seed, stack.groupNames.length > 1), ports, abort);
  outages.catch(ended);
  await submitting;
  await until(({ left }) => submitted && areOutagesOver && left <= LAST_SHARE * photos);
  stop.abort();
  await injecting;
  say('The faults have stopped; the remaining photos must get their outcomes.');
  phase = 'faults stopped';
  let empty = 0;
  await until(({ left }) => (empty = left === 0 ? empty + 1 : 0) >= EMPTY_POLLS);
  const onDisk = instances.leftOnDisk();
  phase = 'scaling in';
  await until(({ desired, instances }) => desired === 0 && instances === 0);
  over.abort();

  const dead = await drainQueue(sqs, outputs.DeadLetterQueueUrl ?? '');
  const leftovers: Leftovers = {
    messages: await messagesIn(sqs, queues),
    onDisk,
    dead: dead.filter((body) => !messages.poison.includes(body)),
    poisonMissing: messages.poison.filter((body) => !dead.includes(body)).length,
    poison: messages.poison.length,
  };
  const stored = await readStoredOutcomes(s3, bucket);
  const outcomes = await checkOutcomes(uploads.photos.values(), stored);
  const seconds = (performance.now() - startMs) / 1000;
  const lines = journalLines(view.journals);
  const batches = batchesOf(lines);
  const ofQueues = checkQueues({
    ...{ bucket, photos: uploads.photos.values(), outcomes: stored, lines },
    deadlineSeconds: resolveStage(STAGE, stages[STAGE]).bulkDeadlineSeconds,
    published: await view.queues(),
  });
  const logs = await checkLogs(view.journals, (instanceId) => view.lines(instanceId));
  const { max } = fleetOf(stack);
  const run = {
    seed,
    photos,
    seconds,
    outcomes,
    leftovers,
    batches,
    queues: ofQueues,
    logs,
    max,
    peak: peak.running,
    outages: await outages,
  };
  return reportOf(run, injector, targets.proxy);
}

export const define = (command: CommandLine): CommandLine =>
  command
    .description(
      'Injects faults into the local stack and checks that every photo still gets exactly one outcome.',
    )
    .addOption(new Option('--photos <n>', 'photos to submit').default(1000).argParser(wholeNumber(1, 20_000)))
    .addOption(
      new Option('--bulk <percent>', 'of them in the bulk lane').default(20).argParser(wholeNumber(0, 100)),
    )
    .addOption(new Option('--seed <n>', 'of the faults').default(1).argParser(wholeNumber(1, 1_000_000)))
    .option('--json <file>', 'write the report as JSON')
    .notes('Example: npm run chaos -- --photos 300 --seed 1');

export const main = (args: string[]): Promise<number> =>
  define(new CommandLine('npm run chaos --')).runs(run).run(args);

const run = ({ json, ...options }: ChaosOptions & { json?: string }): Promise<number> =>
  command('npm run chaos', async (context) => {
    if (json !== undefined) await checkWritable(json);
    const report = await chaos(options, context);
    for (const line of reportLines(report)) context.progress.print(line);
    if (json !== undefined) writeFileSync(json, `${JSON.stringify(report, null, 2)}\n`);
    return report.passed ? 0 : 1;
  });
