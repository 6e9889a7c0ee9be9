/**
 * `npm start`: deploys the stack onto a local AWS, submits photos, watches the deployed scaler grow a fleet from zero and
 * shrink it back, and reports the outcome of every photo.
 */
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { stages } from '../bin/stages.ts';
import { ensureVenv } from './aws/venv.ts';
import { CommandLine } from '../common/command-line.ts';
import { command, type CommandContext } from '../common/command.ts';
import { localPath } from '../common/environment.ts';
import { DEFAULT_PORT, define, LOCAL, type StartOptions } from './options.ts';
import { COMFYUI_PORT, running, startComfyui, stopComfyui } from '../cli/comfyui/service.ts';
import { workflowAt } from '../cli/comfyui/workflow-at.ts';
import { startPage } from './page/server.ts';
import type { RunState } from './page/state.ts';
import { fleetOf } from './run/fleet.ts';
import { readObject } from './run/outcomes.ts';
import { skippedLine } from '../cli/files/skipped.ts';
import { findPhotos, samplePhotos, submit, type FoundPhotos } from './run/photos.ts';
import { checkComfyui, checkWritable } from './run/preflight.ts';
import type { Progress } from '../common/progress.ts';
import { Recorder } from './run/recorder.ts';
import { saveResults } from './run/results.ts';
import { announce } from '../common/local-run.ts';
import { nextText } from './run/next.ts';
import { startStack, type LocalStack } from './run/stack.ts';
import { progressLine, summarise, summaryText, timelineText, type RunSummary } from './run/summary.ts';
import { sideKey, Watcher } from './run/watch.ts';

const STAGE = 'local';
/** Without any progress for this long, photos without an outcome count as lost. */
const PATIENCE_SECONDS = 240;
const SHOW_EVERY_MS = 1000;
/** Of the warm pool; without it photos are coloured too. */
const STOPPED_WITHIN_MS = 60_000;
const POLL_MS = 200;

export interface RunContext extends CommandContext {
  /** Folder for the results of the user's own photos. */
  results: string;
  /** Called after each change of the recorded state. */
  onState?: (state: RunState) => void;
  /** Called once the stack is deployed. */
  onStack?: (stack: LocalStack) => Promise<void>;
  /** Called after the fleet has returned to zero, before everything is stopped. */
  inspect?: (stack: LocalStack) => Promise<void>;
}

/** Fields used here of the worker's log line when it starts a photo. */
const startedSchema = z.object({
  event: z.literal('photo-started'),
  /** Log id. */
  photo: z.string(),
  waitSeconds: z.number(),
  attempt: z.number().optional(),
  lane: z.string().optional(),
});

async function findUserPhotos(directory: string, progress: Progress): Promise<FoundPhotos> {
  const found = await findPhotos(directory);
  if (found.skipped.length > 0) progress.print(skippedLine(found.skipped));
  return found;
}

/** Starts the ComfyUI of `npm run comfyui` unless it runs already; one started here is stopped with the run. */
async function localComfyui({ abort, scope, progress }: RunContext): Promise<string> {
  const before = running();
  if (before) return before.url;
  progress.print('Starting ComfyUI...');
  const { url } = await startComfyui({ port: COMFYUI_PORT, cpu: stages[STAGE].device === 'cpu' }, abort);
  await scope.defer(async () => void (await stopComfyui()));
  return url;
}

/** Also what of the user's folder could not be read. */
export type StartSummary = RunSummary & { unread: { name: string; message: string }[] };

/** Runs everything once. */
export async function run(options: StartOptions, context: RunContext): Promise<StartSummary> {
  const { abort, scope, progress } = context;
  const say = (line: string) => progress.print(line);
  if (options.json !== undefined) await checkWritable(options.json);
  const comfyui = options.comfyui === LOCAL ? await localComfyui(context) : options.comfyui;
  if (comfyui !== undefined) await checkComfyui(comfyui, stages[STAGE].device);
  const workflow = comfyui === undefined ? undefined : await workflowAt(comfyui);
  const found = options.photos === undefined ? undefined : await findUserPhotos(options.photos, progress);
  const python = await ensureVenv(abort, say);

  const standIn = comfyui === undefined;
  const recorder = new Recorder({ standIn, comfyui: comfyui ?? 'stand-in', stage: STAGE });
  const running: { stack?: LocalStack } = {};
  const page = await openPage(options.port, recorder, () => running.stack);
  await scope.defer(() => page.close());
  say(`Page: ${page.url}`);
  if (standIn)
    say('A STAND-IN for ComfyUI colours the photos: the colours are made up, not those of DDColor.');

  const showing = setInterval(() => progress.line(progressLine(recorder.current())), SHOW_EVERY_MS);
  const unsubscribe = recorder.subscribe(() => context.onState?.(recorder.current()));
  const stopShowing = () => {
    clearInterval(showing);
    unsubscribe();
  };
  await scope.defer(stopShowing);

  const phase = (name: string) => recorder.update((state) => void (state.phase = name));
  // Not awaited yet: samples are made while the stack is deployed.
  const photosMade = found?.photos ?? samplePhotos(options.count, options.bulk);
  phase('deploying');
  const stack = (running.stack = await startStack({
    stage: STAGE,
    comfyui,
    // For people who look at the results.
    standInPalette: 'fields',
    workflow,
    python,
    abort,
    scope,
    say,
    onWorkerLine: (_id, line) => noteWait(recorder, line),
  }));
  await context.onStack?.(stack);
  if (stack.apiUrl !== undefined) say(`Photos in a browser: ${stack.apiUrl}`);
  const all = await photosMade;
  if (fleetOf(stack).warm.length > 0) {
    phase('filling the warm pool');
    await untilStopped(stack, abort);
  }
  phase('submitting');
  const changed = await submit(stack.s3, stack.outputs.BucketName ?? '', all, abort, () =>
    recorder.update((state) => void state.photos.submitted++),
  );
  const photos = all.filter((photo) => !changed.some((one) => one.photo === photo));
  const unread = [
    ...(found?.unread ?? []),
    ...changed.map(({ photo: { name }, message }) => ({ name, message })),
  ];
  say(`All photos submitted. The scaler reads the queue every ${stages[STAGE].tickSeconds} s.`);
  phase('colouring');
  const watcher = new Watcher(stack, recorder, photos);
  const watch = async (done: () => boolean) => {
    if (await watcher.until(done, PATIENCE_SECONDS, abort)) return;
    say(`No progress for ${PATIENCE_SECONDS} s; see the logs in .local/logs.`);
  };
  const settled = () => {
    const { photos: counts, timeline } = recorder.current();
    const last = timeline.at(-1);
    return counts.succeeded + counts.failed === photos.length && last?.visible === 0 && last.inFlight === 0;
  };
  await watch(settled);
  const { succeeded, failed } = recorder.current().photos;
  recorder.update((state) => void (state.photos.lost = photos.length - succeeded - failed));

  phase('scaling in');
  const gone = () => {
    const { instances, warm, timeline } = recorder.current();
    const isStopped = warm.every(({ state }) => state === 'Warmed:Stopped');
    return instances.length === 0 && isStopped && timeline.at(-1)?.desired === 0;
  };
  await watch(gone);
  if (!options.keep) recorder.end();
  stopShowing();
  if (options.photos !== undefined) {
    await saveResults(stack.s3, stack.outputs.BucketName ?? '', photos, context.results);
    say(`Results: ${context.results}`);
  }
  await context.inspect?.(stack);

  const summary = {
    ...summarise(recorder.current()),
    unread: unread.map(({ name, message }) => ({ name, message })),
  };
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(summary, undefined, 2)}\n`);
  for (const line of timelineText(summary.fleet.timeline)) say(line);
  for (const line of summaryText(summary, recorder.current().failures)) say(line);
  for (const { name, message } of summary.unread) say(`  not submitted  ${name}: ${message}`);
  for (const line of nextText(options)) say(line);
  if (options.keep) {
    phase('open');
    // More photos may come through the gateway's page or the bucket, so the live page continues.
    void watcher
      .until(() => false, Infinity, abort)
      .catch((error: Error) => {
        if (!abort.aborted) say(`The live page has stopped: ${error.message}`);
      });
  }
  return summary;
}

/** The instances of a new warm pool boot once; after that they are stopped, and the photos find them. */
async function untilStopped(stack: LocalStack, abort: AbortSignal): Promise<void> {
  const deadline = performance.now() + STOPPED_WITHIN_MS;
  const isStopped = () => fleetOf(stack).warm.every((one) => one.lifecycleState === 'Warmed:Stopped');
  while (!isStopped() && performance.now() < deadline) await sleep(POLL_MS, undefined, { signal: abort });
}

/** Records the wait of a photo's first attempt from a worker's log line. */
function noteWait(recorder: Recorder, line: string): void {
  const parsed = startedSchema.safeParse(parseLine(line));
  // The waits of a run are those of photos with a target wait.
  if (!parsed.success || (parsed.data.attempt ?? 1) > 1 || parsed.data.lane === 'bulk') return;
  const { photo, waitSeconds } = parsed.data;
  const wait = { photo, t: recorder.elapsed(), seconds: waitSeconds };
  recorder.update((state) => void state.waits.push(wait));
}

/** @returns undefined for a line that is not JSON, such as one of a stack trace */
function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

async function openPage(port: number | undefined, recorder: Recorder, stack: () => LocalStack | undefined) {
  const image = async (side: 'before' | 'after', key: string) => {
    const { s3, outputs } = stack() ?? {};
    if (!s3 || !outputs?.BucketName) return undefined;
    const object = sideKey(side, key);
    if (object === undefined) return undefined;
    return readObject(s3, outputs.BucketName, object).catch(() => undefined);
  };
  const options = { state: recorder, image };
  if (port !== undefined) return startPage({ ...options, port });
  // Only the default port falls back to a free one; a port given by the user must be that one.
  return startPage({ ...options, port: DEFAULT_PORT }).catch(() => startPage({ ...options, port: 0 }));
}

/** Whether every photo was read and none was lost, and the fleet is back at zero. */
const hasPassed = ({ photos, fleet, unread }: StartSummary) =>
  photos.lost === 0 && unread.length === 0 && fleet.final === 0;

export const main = (args: string[]): Promise<number> =>
  define(new CommandLine('npm start --')).runs(start).run(args);

const start = (options: StartOptions): Promise<number> =>
  command('npm start', async (context) => {
    const onStack = ({ endpoint, agent, outputs }: LocalStack) => {
      const where = { stage: STAGE, stack: outputs.StackName, endpoint, autoScalingEndpoint: agent.url };
      return announce(where, context.scope);
    };
    const summary = await run(options, { ...context, results: localPath('results'), onStack });
    if (options.keep) {
      context.progress.print('Everything keeps running until Ctrl-C.');
      context.progress.print('To operate it, from another terminal: npx ddcolor-elastic status --local');
      await new Promise(() => undefined);
    }
    return hasPassed(summary) ? 0 : 1;
  });
