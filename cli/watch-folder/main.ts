/** `ddcolor-elastic watch-folder`: colours what is put into a folder with a ComfyUI on this machine, without AWS. */
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Option } from 'commander';
import { needCheckout } from '../../common/checkout.ts';
import { httpUrl, positiveNumber, wholeNumber, type CommandLine } from '../../common/command-line.ts';
import { EXIT, UsageError, UserError } from '../../common/errors.ts';
import { pause } from '../../common/time.ts';
import { workflowSchema, type Workflow } from '../../contract/workflow.ts';
import { ComfyuiClient } from '../../worker/comfyui/client.ts';
import { choiceOf } from '../../worker/photo/options.ts';
import { PermanentFault } from '../../worker/photo/faults.ts';
import { describeError } from '../../worker/telemetry/log.ts';
import { namedValue, photoOptionsOf } from '../colour/options.ts';
import { Results } from '../colour/results.ts';
import { workflowAt } from '../comfyui/workflow-at.ts';
import { isWithin, realPathOf } from '../files/names.ts';
import { interruptible } from '../shared/interruptible.ts';
import { colouring } from './colouring.ts';
import { FolderBucket } from './folder-bucket.ts';
import { FolderQueue } from './folder-queue.ts';
import { Journal } from './journal.ts';
import { lockFolder } from './lock.ts';
import { reportOf } from './report.ts';
import { watchFolder } from './watch.ts';

const COMFYUI = 'http://127.0.0.1:8188';
const RETRY_MS = 3000;
const MOST_POLL_SECONDS = 3600;

export interface WatchFolderOptions {
  comfyui: string;
  workflow?: string;
  option?: Record<string, string | number>;
  strength?: number;
  /** Seconds. */
  poll: number;
  once?: boolean;
  json?: boolean;
  verbose?: boolean;
}

export const define = (command: CommandLine): CommandLine =>
  command
    .description(
      'Colours each photo that is put into a folder, with a ComfyUI on this machine or in the house, and writes the results into another. No AWS, no account.',
    )
    .argument('<photos>', 'folder of the photos; its subfolders too')
    .argument('<results>', 'folder of the results, with the same names')
    .addOption(new Option('--comfyui <url>', 'that colours').default(COMFYUI).argParser(httpUrl))
    .addOption(
      new Option(
        '--workflow <name>',
        'of ami/workflow/ (default: that of the DDColor node which ComfyUI has)',
      ),
    )
    .addOption(
      new Option(
        '--option <name=value>',
        'an option of the workflow, such as preset=buildings; more than once for several',
      ).argParser(namedValue),
    )
    .addOption(
      new Option('--strength <percent>', 'of the colours that are added, 0 to 100').argParser(
        wholeNumber(0, 100),
      ),
    )
    .addOption(
      new Option('--poll <seconds>', 'between two looks at the folder')
        .default(2)
        .argParser(positiveNumber(MOST_POLL_SECONDS)),
    )
    .option('--once', 'end when every photo in the folder has its outcome')
    .option('--json', 'print a JSON object for each photo')
    .option('--verbose', "print the worker's log lines too")
    .notes('Example: ddcolor-elastic watch-folder ~/scans ~/coloured --comfyui http://127.0.0.1:8188')
    .runs((photos: string, results: string, options: WatchFolderOptions) => {
      const root = needCheckout('watch-folder', 'ami/workflow/');
      return interruptible((abort) => run({ root, photos, results, options, abort }));
    });

interface Run {
  root: string;
  photos: string;
  results: string;
  options: WatchFolderOptions;
  abort: AbortController;
}

async function run({ root, photos, results, options, abort }: Run): Promise<number> {
  const { comfyui, once = false } = options;
  const folders = { photos: resolve(photos), results: resolve(results) };
  const exclude = await prepared(folders);
  const unlock = lockFolder(folders.results);
  // Both end with it: of a command that waits for the last photo, of an error, and of Ctrl-C.
  const end = new AbortController();
  abort.signal.addEventListener('abort', () => end.abort(), { once: true });
  const stop = end.signal;
  try {
    const report = reportOf(options);
    const { device, workflow } = await comfyuiOf(root, options, report.say, stop);
    if (stop.aborted) return EXIT.interrupted;
    const metadata = metadataOf(workflow, options);
    const journal = Journal.open(folders.results);
    let failure: UserError | undefined;
    const bucket = new FolderBucket({
      photos: folders.photos,
      results: new Results(folders.results),
      journal,
      metadata,
      written: report.finished,
      failed: (error) => {
        failure ??= error;
        end.abort();
      },
      now: Date.now,
    });
    const queue = new FolderQueue(() => performance.now(), Date.now);
    const { log, say } = report;
    report.say(`Watching ${folders.photos}; results go to ${folders.results}. Ctrl-C ends it.`);
    const working = colouring({ comfyui, workflow, device, bucket, queue, say, log, stop }).finally(() =>
      end.abort(),
    );
    const watching = watchFolder({
      ...{ photos: folders.photos, exclude, journal, bucket, queue, say, once, stop },
      looked: () => report.progress(queue.size),
      pollMs: 1000 * options.poll,
      startedAtMs: Date.now(),
    }).finally(() => end.abort());
    await Promise.all([working, watching]);
    if (failure) throw failure;
    report.close();
    if (once && abort.signal.aborted) return EXIT.interrupted;
    return once && report.failed > 0 ? EXIT.failed : EXIT.done;
  } finally {
    unlock();
  }
}

/** @returns the real path of the folder of results @throws UsageError */
async function prepared(folders: { photos: string; results: string }): Promise<string> {
  const photos = await realPathOf(folders.photos).catch((cause: Error) => {
    throw new UsageError(`'${folders.photos}' cannot be read: ${cause.message}`, { cause });
  });
  await new Results(folders.results).prepare();
  const results = await realPathOf(folders.results);
  if (results === photos || isWithin(photos, results))
    throw new UsageError(
      `The results of '${photos}' cannot go to '${results}': name a folder that is neither it nor above it.`,
    );
  return results;
}

/** Waits until ComfyUI answers: a service may start before it. */
async function comfyuiOf(
  root: string,
  { comfyui, workflow }: WatchFolderOptions,
  say: (line: string) => void,
  stop: AbortSignal,
): Promise<{ device: string; workflow: Workflow }> {
  const client = new ComfyuiClient(comfyui);
  let said = '';
  for (;;) {
    try {
      const device = await client.device();
      const name = workflow ?? (await workflowAt(comfyui));
      return { device: device ?? 'cpu', workflow: await workflowNamed(root, name) };
    } catch (error) {
      if (error instanceof UserError) throw error;
      const reason = describeError(error);
      if (reason !== said) say(`Waiting for ComfyUI at ${comfyui}: ${reason}`);
      said = reason;
    }
    await pause(RETRY_MS, stop);
    if (stop.aborted) return { device: 'cpu', workflow: await workflowNamed(root, 'ddcolor') };
  }
}

/** @throws UsageError for one that the checkout does not have */
async function workflowNamed(root: string, name: string): Promise<Workflow> {
  const file = join(root, 'ami', 'workflow', `${name}.json`);
  const text = await readFile(file, 'utf8').catch((cause: Error) => {
    throw new UsageError(`--workflow '${name}': ${cause.message}`, { cause });
  });
  return workflowSchema.parse(JSON.parse(text));
}

/** @throws UsageError for a choice that the workflow does not have */
function metadataOf(workflow: Workflow, options: WatchFolderOptions): Record<string, string> {
  const chosen = Object.entries(photoOptionsOf(options)).map(([name, value]) => [name, String(value)]);
  const metadata = Object.fromEntries(chosen) as Record<string, string>;
  try {
    choiceOf(workflow, metadata);
  } catch (error) {
    if (error instanceof PermanentFault) throw new UsageError(error.message, { cause: error });
    throw error;
  }
  return metadata;
}
