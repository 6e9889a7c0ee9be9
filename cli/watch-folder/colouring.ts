/**
 * Runs the worker of an instance on this machine, for as long as the command runs. Where Auto Scaling would replace an instance,
 * the worker starts again here: a ComfyUI that restarts, or that is started later, is waited for.
 */
import { totalmem } from 'node:os';
import { pause } from '../../common/time.ts';
import { withDefaults } from '../../contract/field.ts';
import { QUEUE_FIELDS, WORKER_FIELDS, type WorkerSettings } from '../../contract/worker.ts';
import type { Workflow } from '../../contract/workflow.ts';
import { ComfyuiClient } from '../../worker/comfyui/client.ts';
import { NeverReady } from '../../worker/comfyui/readiness.ts';
import { ImageProcesses, withSpare } from '../../worker/imaging/image-processes.ts';
import { memoryLimits } from '../../worker/instance/memory.ts';
import { Notices } from '../../worker/instance/notices.ts';
import type { Bucket } from '../../worker/photo/bucket.ts';
import { WorkflowRefused } from '../../worker/photo/faults.ts';
import { MemoryAttempts } from '../../worker/photo/memory-attempts.ts';
import type { JobQueue } from '../../worker/photo/queue.ts';
import { describeError, type Log } from '../../worker/telemetry/log.ts';
import { runWorker } from '../../worker/worker.ts';
import { UserError } from '../../common/errors.ts';
import { FOLDER_BUCKET } from './folder-queue.ts';

/** Photos that are decoded or encoded at a time. */
const PROCESSES = 2;
const FIRST_PAUSE_MS = 5000;
const LONGEST_PAUSE_MS = 60_000;

export interface ColouringPorts {
  comfyui: string;
  workflow: Workflow;
  /** Device that ComfyUI computes on, as it reports it. */
  device: string;
  bucket: Bucket;
  queue: JobQueue;
  /** Prints a line. */
  say: (line: string) => void;
  log: Log;
  stop: AbortSignal;
  /** @default runWorker */
  run?: typeof runWorker;
  /** Milliseconds before the worker starts again, twice as many each time, a minute at most. @default 5000 */
  firstPauseMs?: number;
}

/**
 * Colours what is in the queue until `stop` is aborted.
 *
 * @throws UserError when ComfyUI lacks what the workflow needs
 */
export async function colouring(ports: ColouringPorts): Promise<void> {
  const { comfyui, stop, say, log, run = runWorker, firstPauseMs = FIRST_PAUSE_MS } = ports;
  const settings = settingsOf(ports);
  const images = new ImageProcesses(settings, withSpare(PROCESSES), log);
  // Forgotten when the command ends: its next start gives each photo all its attempts.
  const attemptStore = new MemoryAttempts();
  let [wasReady, failures] = [false, 0];
  while (!stop.aborted) {
    const notices = new Notices(() => Promise.resolve(undefined), log);
    const drain = () => notices.drain('the command ends');
    stop.addEventListener('abort', drain, { once: true });
    try {
      await run({
        ...{ settings, notices, images, attemptStore, log },
        client: new ComfyuiClient(comfyui),
        queue: ports.queue,
        bucket: ports.bucket,
        instanceId: 'this-machine',
        processes: PROCESSES,
        ...memoryLimits(totalmem()),
        group: {
          complete: () => Promise.resolve(true),
          setUnhealthy: () => Promise.resolve(notices.drain('ComfyUI does not recover')),
        },
        ready: () => {
          say(`Ready: ComfyUI at ${comfyui}.`);
          [wasReady, failures] = [true, 0];
          return Promise.resolve();
        },
        reportBootFailure: () => Promise.resolve(),
        addWork: () => Promise.resolve(),
        publish: () => Promise.resolve(),
        now: Date.now,
        clock: () => performance.now(),
      });
    } catch (error) {
      if (!wasReady && (error instanceof NeverReady || error instanceof WorkflowRefused))
        throw new UserError(`ComfyUI at ${comfyui} cannot colour: ${describeError(error)}`, { cause: error });
      say(`ComfyUI at ${comfyui} cannot colour, tried again: ${describeError(error)}`);
    } finally {
      stop.removeEventListener('abort', drain);
    }
    if (!stop.aborted) await pause(Math.min(LONGEST_PAUSE_MS, firstPauseMs * 2 ** failures++), stop);
  }
}

/** Those of a stage's worker that mean something here. */
function settingsOf({ workflow, device }: ColouringPorts): WorkerSettings {
  const url = 'file:///folder';
  return {
    stage: 'folder',
    queueUrl: url,
    deadLetterQueueUrl: url,
    bucketName: FOLDER_BUCKET,
    groupName: 'folder',
    tableName: 'folder',
    workKeyPrefix: 'folder',
    ...withDefaults(QUEUE_FIELDS),
    ...withDefaults(WORKER_FIELDS),
    // A stage has cuda or cpu; a laptop may have `mps`. The check compares it with what ComfyUI reports.
    device: device as WorkerSettings['device'],
    workflow,
  };
}
