/** Assembles what happens to a received message: the photo pipeline, its limits, metrics and counters. */
import { laneOfQueue } from '../contract/lanes.ts';
import { graphsOf } from '../contract/photo-workflow.ts';
import { createBatcher } from './comfyui/batches.ts';
import { deadlineMs, infer } from './comfyui/inference.ts';
import type { StageInference } from './comfyui/stage-inference.ts';
import { PromptLimits } from './comfyui/prompt-limits.ts';
import { maxBatch } from './comfyui/workflow.ts';
import type { InstanceFaults } from './photo/attempts.ts';
import type { Outcome } from './photo/handle-job.ts';
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
 * @param inference of the stage's workflows on this instance
 */
export function createPhotoHandler(
  ports: WorkerPorts,
  metrics: PhotoMetrics,
  report: WorkReport,
  drain: () => AbortController,
  faults: InstanceFaults,
  inference: StageInference,
): Pick<LoopPorts, 'handle' | 'limits'> {
  const { settings, queue, bucket, images, processes, log, now, clock } = ports;
  const { batchSize } = settings;
  const busy = new BusyTime(processes, clock);
  const graphs = graphsOf(settings);
  const largestBatch = Math.max(...graphs.map((workflow) => maxBatch({ workflow, batchSize })));
  const prefetch = new Prefetch(processes, largestBatch);
  const comfyuiSlots = new WeightedSemaphore(
    COMFYUI_SLOTS,
    (prompts) => busy.setPrompts(prompts),
    (prompts) => prompts === 0 || prefetch.hasShortPrompts,
  );
  const promptLimits = new PromptLimits();
  const batchers = new Map(
    graphs.map((workflow) => {
      const own = { ...inference.of({ look: { workflow: workflow.name } }), path: 'chroma' } as const;
      return [
        workflow.name,
        createBatcher(own, comfyuiSlots, maxBatch({ workflow, batchSize }), promptLimits),
      ];
    }),
  );
  const colour = createPipeline({
    images: busy.counting(images),
    // The deadline includes the wait for the running prompt.
    infer: ({ upload, uploadMegapixels, path }, acquire, choice, signal) => {
      const ownMs = deadlineMs(uploadMegapixels);
      const { withinMs, acquireSlot } = promptLimits.limit(ownMs, COMFYUI_SLOTS * ownMs, acquire);
      return infer({ ...inference.of(choice), path }, upload, withinMs, acquireSlot, choice.options, signal);
    },
    batcherOf: (choice) => batchers.get(inference.of(choice).workflow.name)!,
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
      started: (name) => {
        started();
        const of = (started: number, completed: number) =>
          name === undefined ? undefined : { name, started, completed };
        if (name !== undefined) report.add({ completed: 0, busySeconds: 0 }, lane, of(1, 0));
        return (outcome) =>
          report.add({ completed: 0, busySeconds: busy.take() }, lane, of(0, isFinal(outcome) ? 1 : 0));
      },
      finished: (outcome, figures, code, workflow) => metrics.add(outcome, figures, code, lane, workflow),
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
    return { prefetched, inFlight: prefetched + COMFYUI_SLOTS * largestBatch + processes };
  };
  return { handle, limits };
}

/** Whether a photo has an outcome. */
const isFinal = (outcome: Outcome): boolean => outcome === 'succeeded' || outcome === 'failed';
