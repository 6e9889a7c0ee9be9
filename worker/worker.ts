/** The life of a worker: get ready, say so, take photos, drain, say so. */
import { LAUNCH_HOOK, TERMINATION_HOOK } from '../contract/names.ts';
import type { WorkerSettings } from '../contract/worker.ts';
import type { Bucket } from './photo/bucket.ts';
import type { Canary } from './comfyui/canary.ts';
import { createPipeline } from './photo/pipeline.ts';
import type { ComfyuiClient } from './comfyui/client.ts';
import { deadlineMs, infer } from './comfyui/inference.ts';
import { BusyTime } from './telemetry/busy-time.ts';
import { WeightedSemaphore } from './photo/weighted-semaphore.ts';
import { describeError, type Log } from './telemetry/log.ts';
import { receivePhotos } from './photo/receive-loop.ts';
import { handleMessage, type JobQueue } from './photo/handle-message.ts';
import { TERMINATED, type Notices } from './instance/notices.ts';
import { PhotoMetrics, type PhotoMetricsBatch } from './telemetry/photo-metrics.ts';
import { processPhoto } from './photo/process-photo.ts';
import { checkReady, reportOnce, untilReady } from './comfyui/readiness.ts';
import { dropModels, recover } from './comfyui/recovery.ts';
import type { ImageProcessor } from './imaging/image-processor.ts';
import { pause } from '../common/time.ts';
import { WorkReport, type Done } from './telemetry/work-report.ts';

export interface WorkerPorts {
  settings: WorkerSettings;
  notices: Notices;
  client: ComfyuiClient;
  queue: JobQueue;
  bucket: Bucket;
  studio: ImageProcessor;
  /** Photos that the studio works on at a time. */
  threads: number;
  /** Megapixels that may be in memory at a time. */
  megapixels: number;
  group: {
    /** @returns false when no lifecycle action waits */
    complete: (hook: string) => Promise<boolean>;
    /** Has this instance replaced. */
    setUnhealthy: () => Promise<void>;
  };
  /** Restarts ComfyUI. @default it is out of reach, and only told to drop its models */
  restartComfyui?: (() => Promise<void>) | undefined;
  /** Removes what an attempt has left on disk. */
  clean?: ((id: string) => Promise<void>) | undefined;
  /** Colours that a readiness check must find. @default any */
  canary?: Canary | undefined;
  /** Told once this machine takes photos. */
  ready: () => Promise<void>;
  /** Told when ComfyUI first answered and when its first picture was right, by `clock`. Never rejects. */
  booted?: ((at: { comfyuiMs: number; readyMs: number }) => Promise<void>) | undefined;
  /** Adds to the fleet's counters of work done. */
  addWork: (done: Done) => Promise<void>;
  /** Publishes what is told of photos. */
  publish: (figures: PhotoMetricsBatch) => Promise<void>;
  log: Log;
  /** Epoch milliseconds. */
  now: () => number;
  /** Milliseconds that only go forward, which epoch milliseconds do not: a clock may be set. */
  clock: () => number;
}

/** Prompts at ComfyUI: the one that runs, and the next, so that the GPU never waits for us. */
const LANE = 2;
/** What is in hand should start within this time, seconds; more would wait here while others are idle. */
const AHEAD_SECONDS = 2;
/** Weight of the latest prompt in the mean time that one takes. */
const LATEST = 0.2;

/** An inference after a new beginning, its model read from a disk that has it. */
const AGAIN_MS = 60_000;

/**
 * Resolves when the worker has drained.
 *
 * @throws when the machine does not get ready
 */
export async function runWorker(ports: WorkerPorts): Promise<void> {
  const { settings, notices, client, queue, bucket, studio, threads, log, now, clock } = ports;
  const { workflow, path } = settings;
  const inference = { client, workflow, path, log, clean: ports.clean };
  const readiness = {
    client,
    settings,
    studio,
    infer: (png: Buffer, withinMs: number) => infer(inference, png, withinMs),
    canary: ports.canary,
  };
  let drain = newShift(notices.stop);
  let promptSeconds: number | undefined;
  const colour = createPipeline({
    studio,
    // It may have to wait for the one that runs.
    infer: ({ upload, uploadMegapixels, path }, turn, options) =>
      infer({ ...inference, path }, upload, LANE * deadlineMs(uploadMegapixels), turn, options),
    comfyuiSlots: new WeightedSemaphore(LANE),
    memory: new WeightedSemaphore(ports.megapixels),
    drainSignal: () => drain.signal,
    now: clock,
  });
  const photoPorts = { bucket, settings, colour, log, now: clock };
  const busy = new BusyTime(clock);
  const report = new WorkReport({ add: ports.addWork, log, now: clock });
  const metrics = new PhotoMetrics({ publish: ports.publish, log });

  const checked = reportOnce(
    (withinMs?: number) => checkReady({ ...readiness, withinMs }),
    () => metrics.wrongColours(),
  );

  let answeredMs: number | undefined;
  let booted = false;
  const getReady = async () => {
    const startMs = clock();
    const check = async () => {
      await client.device();
      answeredMs ??= clock();
      return checked();
    };
    if (!(await untilReady(check, notices.stop, log))) return;
    const readyMs = clock();
    log('info', 'worker-ready', { seconds: Math.round((readyMs - startMs) / 1000) });
    // The first time only: an instance of a warm pool comes by again.
    if (!booted) await ports.booted?.({ comfyuiMs: answeredMs ?? readyMs, readyMs });
    booted = true;
    await complete(ports, LAUNCH_HOOK);
    await ports.ready();
  };

  const watching = notices.watch(settings.noticePollSeconds);
  await getReady();
  await receivePhotos({
    queue,
    handle: async (message, started) => {
      const handled = await handleMessage(message, {
        queue,
        bucketName: settings.bucketName,
        visibilityTimeoutSeconds: settings.visibilityTimeoutSeconds,
        maxReceiveCount: settings.maxReceiveCount,
        process: async (job, receiveCount, attempt) => {
          const end = await processPhoto(job, receiveCount, attempt, photoPorts);
          const { comfySeconds } = attempt.figures;
          if (comfySeconds !== undefined) {
            promptSeconds = comfySeconds + (1 - LATEST) * ((promptSeconds ?? comfySeconds) - comfySeconds);
          }
          return end;
        },
        started: () => {
          started();
          const ended = busy.start();
          return () => report.add({ completed: 0, busySeconds: ended() });
        },
        finished: (outcome, figures, code) => metrics.add(outcome, figures, code),
        log,
        now,
        clock,
      });
      if (handled === 'deleted') report.add({ completed: 1, busySeconds: 0 });
      // The others would meet the same fault.
      if (handled === 'unfit') drain.abort('fault of this machine');
      return handled;
    },
    limits: () => {
      const ahead = Math.floor(AHEAD_SECONDS / (promptSeconds ?? AHEAD_SECONDS));
      const few = Math.max(1, Math.min(ahead, threads + LANE));
      return { prefetched: few, inFlight: few + LANE + threads };
    },
    untilAllowed: async () => {
      if (!notices.isParked) return;
      log('info', 'warm-pool-entered', { targetState: notices.targetState });
      while (notices.isParked && !notices.stop.aborted) {
        await pause(settings.noticePollSeconds * 1000, notices.stop);
      }
      // Leaving the warm pool meets the launch hook a second time.
      await getReady();
    },
    recover: async () => {
      metrics.fault();
      await recover({
        renew: ports.restartComfyui ?? (() => dropModels(client, notices.stop)),
        check: () => checked(AGAIN_MS),
        giveUp: () => ports.group.setUnhealthy(),
        stop: notices.stop,
        log,
      });
      drain = newShift(notices.stop);
    },
    stop: notices.stop,
    log,
  });
  await Promise.all([report.flush(), metrics.flush()]);
  await watching;
  // After a Spot notice the group may not have noticed yet; then there is nothing to complete.
  await notices.look();
  if (notices.targetState === TERMINATED) await complete(ports, TERMINATION_HOOK);
}

/** What calls away those who have not started: the end of the worker, or a fault of its machine. */
function newShift(stop: AbortSignal): AbortController {
  const shift = new AbortController();
  if (stop.aborted) shift.abort(stop.reason);
  stop.addEventListener('abort', () => shift.abort(stop.reason), { once: true });
  return shift;
}

/** Completes a hook; when it cannot, the hook's own timeout decides. */
async function complete({ group, log }: WorkerPorts, hook: string): Promise<void> {
  try {
    const waiting = await group.complete(hook);
    log('info', waiting ? 'hook-completed' : 'hook-not-waiting', { hook });
  } catch (error) {
    log('error', 'hook-not-completed', { hook, error: describeError(error) });
  }
}
