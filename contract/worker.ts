/** The worker's settings: written by the stack into an SSM parameter, read by the worker when it starts. */
import { z } from 'zod';
import { workflowSchema } from './workflow.ts';

export const workerSettingsSchema = z.object({
  stage: z.string().min(1),
  queueUrl: z.url(),
  bucketName: z.string().min(1),
  groupName: z.string().min(1),
  /** The scaler's table, where this worker adds up what it has done. */
  tableName: z.string().min(1),
  /** Receives after which SQS moves a message to the dead-letter queue. */
  maxReceiveCount: z.number().int().min(1),
  /** Visibility timeout of the queue; renewed at a third of it while a photo is worked on. */
  visibilityTimeoutSeconds: z.number().int().min(3),
  /** Pictures with more pixels end as `too-large`. */
  maxMegapixels: z.number().positive(),
  /** What ComfyUI must compute on before this worker takes a photo. */
  device: z.enum(['cuda', 'cpu']),
  /** Seconds between two looks at the instance's metadata (Spot notice, lifecycle state). */
  noticePollSeconds: z.number().positive(),
  /**
   * What ComfyUI gets: `chroma`, a small copy, whose colours the worker merges with the photo's own lightness; or
   * `plain`, the whole photo.
   */
  path: z.enum(['chroma', 'plain']),
  workflow: workflowSchema,
});

export type WorkerSettings = z.infer<typeof workerSettingsSchema>;
