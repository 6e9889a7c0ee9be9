/**
 * The worker's settings: written by the stack into an SSM parameter, read by the worker when it starts.
 *
 * A field declared here is a setting of a stage, a prop of `GpuFleet` (or of `JobQueue`) and part of {@link WorkerSettings}.
 */
import { z } from 'zod';
import { choice, integer, positive, schemasOf } from './field.ts';
import { otherWorkflowsSchema, workflowProblems } from './photo-workflow.ts';
import { workflowSchema } from './workflow.ts';

/** SQS's longest visibility timeout, seconds. */
const MAX_VISIBILITY_SECONDS = 43_200;

/** Settings of the job queue. */
export const QUEUE_FIELDS = {
  /**
   * Receives of a message before SQS moves it to the dead-letter queue, whatever became of them. Far above `maxAttempts`: a
   * receive that ends before the photo starts is no attempt.
   *
   * @default 50
   */
  maxReceiveCount: integer({ min: 2, max: 1000, default: 50 }),

  /**
   * Seconds until the photo of a dead worker is received again. Workers renew it while they work on a photo, at a third of
   * this time.
   *
   * @default 120
   */
  visibilityTimeoutSeconds: integer({ min: 10, max: MAX_VISIBILITY_SECONDS, default: 120 }),
};

/** Settings of the worker alone. */
export const WORKER_FIELDS = {
  /**
   * Attempts at a photo before it fails with the code `retries-exhausted`.
   *
   * @default 5
   */
  maxAttempts: integer({ min: 1, max: 100, default: 5 }),

  /**
   * Largest photo that is coloured, megapixels. Larger ones fail with the code `too-large`.
   *
   * @default 100
   */
  maxMegapixels: positive({ max: 178, default: 100, reason: "the limit of ComfyUI's decoder" }),

  /**
   * What ComfyUI must compute on before a worker receives photos.
   *
   * @default cuda - an instance whose GPU does not work never comes into service
   */
  device: choice(['cuda', 'cpu'], 'cuda'),

  /**
   * Seconds between two reads of the instance's metadata: Spot notice and lifecycle state.
   *
   * @default 5
   */
  noticePollSeconds: positive({ max: 30, default: 5, reason: 'since a Spot notice gives 120 s' }),

  /**
   * What ComfyUI computes: `chroma`, a small copy whose colours the worker merges with the lightness of the photo, which is
   * several times as fast; or `plain`, the whole photo.
   *
   * @default chroma - a workflow without a fixed chroma size is computed on the whole photo
   */
  path: choice(['chroma', 'plain'], 'chroma'),

  /**
   * Most photos in one prompt, on the chroma path of a workflow that takes several (`chroma.batch`). A prompt takes the photos
   * that are ready when ComfyUI has room for one and waits for none. 1 sends each photo in a prompt of its own.
   *
   * @default 8
   */
  batchSize: integer({ min: 1, max: 64, default: 8 }),
};

const settings = z.object({
  stage: z.string().min(1),
  queueUrl: z.url(),
  /** Queue of the bulk lane. */
  bulkQueueUrl: z.url().optional(),
  /** Second queue of the interactive lane. */
  sidelinedQueueUrl: z.url().optional(),
  /** The worker itself sends what it gives up there. */
  deadLetterQueueUrl: z.url(),
  bucketName: z.string().min(1),
  groupName: z.string().min(1),
  /** The scaler's table, in which workers count what they have done. */
  tableName: z.string().min(1),
  /** Key of an instance's item in that table, without the instance's id. */
  workKeyPrefix: z.string().min(1),
  ...schemasOf(QUEUE_FIELDS),
  ...schemasOf(WORKER_FIELDS),
  /** Of photos that name none. */
  workflow: workflowSchema,
  /** @default - photos have the one above */
  otherWorkflows: otherWorkflowsSchema.optional(),
});

export const workerSettingsSchema = settings.superRefine((given, context) => {
  for (const message of workflowProblems(given))
    context.addIssue({ code: 'custom', path: ['otherWorkflows'], message });
});

export type WorkerSettings = z.infer<typeof workerSettingsSchema>;
