/** Assembles what happens to a received message: the photo pipeline, its limits, metrics and counters. */
import { laneOfQueue } from '../contract/lanes.ts';
import { createBatcher } from './comfyui/batches.ts';
import { deadlineMs, infer } from './comfyui/inference.ts';
import type { Precision } from './comfyui/precision.ts';
import { maxBatch } from './comfyui/workflow.ts';
import type { InstanceFaults } from './photo/attempts.ts';
import { handleMessage } from './photo/handle-message.ts';
import { createPipeline } from './photo/pipeline.ts';
import { giveUp, processPhoto } from './photo/process-photo.ts';
import { Prefetch } from './photo/prefetch.ts';
import type { LoopPorts } from './photo/receive-loop.ts';
import { WeightedSemaphore } from './photo/weighted-semaphore.ts';
import type { WorkerPorts } from './ports.ts';
import type { PhotoMetrics } from './telemetry/photo-metrics.ts';
import { BusyTime } from './telemetry/busy-time.ts';
import type { WorkReport } from './telemetry/work-report.ts';

/** Prompts at ComfyUI: the running one, and the next, so that the GPU never waits for the worker. */
const COMFYUI_SLOTS = 2;

/**
 * @param drain the controller of the current drain signal
 * @param faults of this instance
 * @param precision of this instance
 */
export function createPhotoHandler(
  ports: WorkerPorts,
  metrics: PhotoMetrics,
  report: WorkReport,
  drain: () => AbortController,
  faults: InstanceFaults,
  precision: Precision,
): Pick<LoopPorts, 'handle' | 'limits'> {
  const { settings, client, queue, bucket, images, processes, log, now, clock } = ports;
  const { workflow } = settings;
  const inference = { client, workflow, precision, log, clean: ports.clean };
  const busy = new BusyTime(processes, clock);
  const batchSize = maxBatch(settings);
  const prefetch = new Prefetch(processes, batchSize);
  const comfyuiSlots = new WeightedSemaphore(
    COMFYUI_SLOTS,
    (prompts) => busy.setPrompts(prompts),
    (prompts) => prompts === 0 || prefetch.hasShortPrompts,
  );
  const colour = createPipeline({
    images: busy.counting(images),
    // The deadline includes the wait for the running prompt.
    infer: ({ upload, uploadMegapixels, path }, acquireSlot, options, signal) => {
      const withinMs = COMFYUI_SLOTS * deadlineMs(uploadMegapixels);
      return infer({ ...inference, path }, upload, withinMs, acquireSlot, options, signal);
    },
    batcher: createBatcher({ ...inference, path: 'chroma' }, comfyuiSlots, batchSize),
    comfyuiSlots,
    memory: new WeightedSemaphore(ports.megapixels),
    drainSignal: () => drain().signal,
    now: clock,
  });
  const files = new WeightedSemaphore(ports.fileBytes);
  const drainSignal = () => drain().signal;
  const photoPorts = { bucket, settings, colour, files, drainSignal, log, now: clock };
  const { attemptStore: store, instanceId } = ports;
  const attempts = { store, instanceId, maxAttempts: settings.maxAttempts, faults, log };

  const handle: LoopPorts['handle'] = async (message, started) => {
    const lane = laneOfQueue(message.queue);
    const handled = await handleMessage(message, {
      queue,
      bucketName: settings.bucketName,
      visibilityTimeoutSeconds: settings.visibilityTimeoutSeconds,
      maxReceiveCount: settings.maxReceiveCount,
      attempts,
      giveUp: (job, attempt, usedUp) => giveUp(job, attempt, usedUp, photoPorts),
      process: async (job, attempt) => {
        const outcome = await processPhoto(job, attempt, photoPorts);
        const { comfySeconds, batchPhotos = 1 } = attempt.figures;
        if (comfySeconds !== undefined)
          prefetch.learn({
            comfyui: comfySeconds / batchPhotos,
            prompt: comfySeconds,
            images: busy.takeImages(),
          });
        return outcome;
      },
      started: () => {
        started();
        return () => report.add({ completed: 0, busySeconds: busy.take() }, lane);
      },
      finished: (outcome, figures, code) => metrics.add(outcome, figures, code, lane),
      removed: () => report.add({ completed: 1, busySeconds: 0 }, lane),
      log,
      now,
      clock,
    });
    // The prefetched photos would meet the same fault.
    if (handled === 'instance-fault') drain().abort('instance fault');
    return handled;
  };
  const limits = () => {
    const prefetched = prefetch.depth;
    return { prefetched, inFlight: prefetched + COMFYUI_SLOTS * batchSize + processes };
  };
  return { handle, limits };
}
