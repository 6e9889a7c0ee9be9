/** What ComfyUI's HTTP API returns, as far as the worker reads it. */
import { z } from 'zod';

const fileSchema = z.object({ filename: z.string(), subfolder: z.string(), type: z.string() });
const queueItemSchema = z.tuple([z.number(), z.string()]).rest(z.unknown());
const nodeErrorsSchema = z.record(
  z.string(),
  z.object({ errors: z.array(z.object({ type: z.string(), message: z.string(), details: z.string() })) }),
);

export const uploadSchema = z.object({ name: z.string().min(1), subfolder: z.string() });
/** A prompt can be accepted and still have `node_errors`: part of the graph will not run. */
export const acceptedSchema = z.object({ node_errors: nodeErrorsSchema });
export const refusedSchema = z.object({
  error: z.object({ type: z.string(), message: z.string(), details: z.string() }),
  node_errors: nodeErrorsSchema,
});
/** `{}` both for a prompt that still runs and for one that ComfyUI has forgotten. */
export const historySchema = z.record(
  z.string(),
  z.object({
    outputs: z.record(z.string(), z.object({ images: z.array(fileSchema).optional() })),
    status: z.object({
      /** Distinguishes success from failure; `completed` is false both for a failed and for a running prompt. */
      status_str: z.string(),
      messages: z.array(z.tuple([z.string(), z.record(z.string(), z.unknown())])),
    }),
  }),
);
export const queueSchema = z.object({
  queue_running: z.array(queueItemSchema),
  queue_pending: z.array(queueItemSchema),
});
export const statsSchema = z.object({ devices: z.array(z.object({ type: z.string() })).min(1) });
/** `{}`, with status 200, for a class that does not exist. */
export const classSchema = z.record(z.string(), z.unknown());

/** A file that a prompt has saved. */
export type OutputFile = z.infer<typeof fileSchema>;
/** A prompt that has ended. */
export type HistoryEntry = z.infer<typeof historySchema>[string];
export type NodeErrors = z.infer<typeof nodeErrorsSchema>;
/** ComfyUI's reply to a prompt: accepted, or refused as a whole (`error`) or in part. */
export interface Submission {
  error?: z.infer<typeof refusedSchema>['error'];
  nodeErrors: NodeErrors;
}
