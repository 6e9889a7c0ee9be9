/**
 * `npm start`: the main job on this machine. Deploys the stack onto a local AWS, submits photos, watches the deployed
 * scaler grow a fleet from zero and shrink it back, and accounts for every photo.
 */
import { writeFileSync } from 'node:fs';
import { z } from 'zod';
import { stages } from '../bin/stages.ts';
import { INCOMING } from '../contract/keys.ts';
import { ensureVenv } from './aws/venv.ts';
import { command, type CommandContext } from '../common/command.ts';
import { localPath } from '../common/environment.ts';
import { DEFAULT_PORT, HELP, LOCAL, parseOptions, type StartOptions } from './options.ts';
import { COMFYUI_PORT, running, startComfyui, stopComfyui } from '../cli/comfyui/service.ts';
import { startPage } from './page/server.ts';
import type { RunState } from './page/state.ts';
import { progressLine } from './run/progress-line.ts';
import { readObject } from './run/outcomes.ts';
import { findPhotos, samplePhotos, type Photo } from './run/photos.ts';
import { checkComfyui, checkWritable } from './run/preflight.ts';
import type { Progress } from '../common/progress.ts';
import { Recorder } from './run/recorder.ts';
import { saveResults } from './run/results.ts';
import { announce } from '../common/local-run.ts';
import { startStack, type LocalStack } from './run/stack.ts';
import { submit } from './run/submit.ts';
import { summarise, summaryText, timelineText, type RunSummary } from './run/summary.ts';
import { sideKey, Watcher } from './run/watch.ts';
import { workflowAt } from './run/workflow.ts';

const STAGE = 'local';
/** A run in which nothing has moved for so long has lost what has not ended. */
const PATIENCE_SECONDS = 240;
const SHOW_EVERY_MS = 1000;

export interface RunContext extends CommandContext {
  /** Folder for the results of the user's own photos. */
  results: string;
  /** Called at each look at the stack. */
  onState?: (state: RunState) => void;
  /** Called once the stack is deployed. */
  onStack?: (stack: LocalStack) => Promise<void>;
  /** Looks at the stack after the fleet has returned to zero and before everything is taken down. */
  inspect?: (stack: LocalStack) => Promise<void>;
}

/** What a worker logs when it starts on a photo, as far as it is of interest here. */
const startedSchema = z.object({
  event: z.literal('photo-started'),
  key: z.string(),
  waitSeconds: z.number(),
  receiveCount: z.number(),
});

async function findUserPhotos(directory: string, progress: Progress): Promise<Photo[]> {
  const { photos, skipped } = await findPhotos(directory);
  if (skipped > 0) progress.print(`Left out of ${directory}: ${skipped} that are no pictures.`);
  return photos;
}

/** The ComfyUI of `npm run comfyui`; one that was started for this run ends with it. */
async function localComfyui({ abort, scope, progress }: RunContext): Promise<string> {
  const before = running();
  if (before) return before.url;
  progress.print('Starting ComfyUI...');
  const { url } = await startComfyui({ port: COMFYUI_PORT, cpu: stages[STAGE].device === 'cpu' }, abort);
  await scope.defer(async () => void (await stopComfyui()));
  return url;
}

/** Runs the main job once. */
export async function run(options: StartOptions, context: RunContext): Promise<RunSummary> {
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
    say('A STAND-IN for ComfyUI colours the photos: its colours are made up, DDColor is not at work.');

  const showing = setInterval(() => progress.line(progressLine(recorder.current())), SHOW_EVERY_MS);
  const unsubscribe = recorder.subscribe(() => context.onState?.(recorder.current()));
  const stopShowing = () => {
    clearInterval(showing);
    unsubscribe();
  };
  await scope.defer(stopShowing);

  const phase = (name: string) => recorder.update((state) => void (state.phase = name));
  // Made while the stack is deployed.
  const photosMade = found ?? samplePhotos(options.count);
  phase('deploying');
  const stack = (running.stack = await startStack({
    stage: STAGE,
    comfyui,
    workflow,
    python,
    abort,
    scope,
    say,
    onWorkerLine: (_id, line) => noteWait(recorder, line),
  }));
  await context.onStack?.(stack);
  if (stack.apiUrl !== undefined) say(`Photos in a browser: ${stack.apiUrl}`);
  const photos = await photosMade;
  phase('submitting');
  await submit(stack.s3, stack.outputs.BucketName ?? '', photos, abort, () =>
    recorder.update((state) => void state.photos.submitted++),
  );
  say('All submitted. The scaler wakes at the start of the next minute, as its schedule says.');
  phase('colouring');
  const watcher = new Watcher(stack, recorder, photos);
  const watch = async (done: () => boolean) => {
    if (await watcher.until(done, PATIENCE_SECONDS, abort)) return;
    say(`Nothing has moved for ${PATIENCE_SECONDS} s; the logs in .local/logs say more.`);
  };
  const settled = () => {
    const { photos: ends, timeline } = recorder.current();
    const last = timeline.at(-1);
    return ends.coloured + ends.failed === photos.length && last?.visible === 0 && last.inFlight === 0;
  };
  await watch(settled);
  const { coloured, failed } = recorder.current().photos;
  recorder.update((state) => void (state.photos.lost = photos.length - coloured - failed));

  phase('scaling in');
  const gone = () => {
    const { instances, timeline } = recorder.current();
    return instances.length === 0 && timeline.at(-1)?.desired === 0;
  };
  await watch(gone);
  if (!options.keep) recorder.end();
  stopShowing();
  if (options.photos !== undefined) {
    await saveResults(stack.s3, stack.outputs.BucketName ?? '', photos, context.results);
    say(`Results: ${context.results}`);
  }
  await context.inspect?.(stack);

  const summary = summarise(recorder.current());
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(summary, undefined, 2)}\n`);
  for (const line of timelineText(summary.fleet.timeline)) say(line);
  for (const line of summaryText(summary, recorder.current().failures)) say(line);
  if (options.keep) {
    phase('open');
    // Who stays may send more, by the gateway's page or straight into the bucket: the live page goes on.
    void watcher
      .until(() => false, Infinity, abort)
      .catch((error: Error) => {
        if (!abort.aborted) say(`The live page has stopped: ${error.message}`);
      });
  }
  return summary;
}

/** Takes the wait of a photo from a worker's log; a photo that is tried again does not wait a second time. */
function noteWait(recorder: Recorder, line: string): void {
  const parsed = startedSchema.safeParse(parseLine(line));
  if (!parsed.success || parsed.data.receiveCount > 1) return;
  const { key, waitSeconds } = parsed.data;
  const wait = { key: key.slice(INCOMING.length), t: recorder.elapsed(), seconds: waitSeconds };
  recorder.update((state) => void state.waits.push(wait));
}

/** Undefined for what is not JSON: other things than the worker's log lines come along, such as a stack trace. */
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
    return readObject(s3, outputs.BucketName, sideKey(side, key)).catch(() => undefined);
  };
  const options = { state: recorder, image };
  if (port !== undefined) return startPage({ ...options, port });
  // Only the default gives way to another run; a port that was asked for is an address that somebody relies on.
  return startPage({ ...options, port: DEFAULT_PORT }).catch(() => startPage({ ...options, port: 0 }));
}

/** Whether nothing was lost and the fleet is gone. */
const good = ({ photos, fleet }: RunSummary) => photos.lost === 0 && fleet.final === 0;

export const main = (args: string[]): Promise<number> =>
  command('npm start', async (context) => {
    const options = parseOptions(args);
    if (options.help) {
      console.log(HELP);
      return 0;
    }
    const onStack = ({ endpoint, agent, outputs }: LocalStack) => {
      const where = { stage: STAGE, stack: outputs.StackName, endpoint, autoScalingEndpoint: agent.url };
      return announce(where, context.scope);
    };
    const summary = await run(options, { ...context, results: localPath('results'), onStack });
    if (options.keep) {
      context.progress.print('Everything stays up until Ctrl-C.');
      context.progress.print('To operate it, from another terminal: npx ddcolor-elastic status --local');
      await new Promise(() => undefined);
    }
    return good(summary) ? 0 : 1;
  });
