/**
 * Requests to an image process and its replies. Both sides check what they get: the process reads files of strangers, so the
 * worker takes nothing that it says on trust.
 */
import { z } from 'zod';
import { COLOURED_PHOTOS, OUTPUTS, REMARKS } from '../../contract/photo-types.ts';
import { graphsOf, otherWorkflowsSchema } from '../../contract/photo-workflow.ts';
import { largestChroma, workflowSchema } from '../../contract/workflow.ts';
import { canarySchema } from '../comfyui/canary.ts';
import { FORMATS } from './formats.ts';
import type { FrameLimits } from './frames.ts';
import type { ImageSettings } from './image-processor.ts';
import { advanceLimits, finishLimits, headLimits, maxFileBytes, prepareLimits } from './limits.ts';

const id = z.string().min(1).max(100);

const look = z
  .object({
    strength: z.number().optional(),
    size: z.number().optional(),
    workflow: z.string().optional(),
    scale: z.number().positive().optional(),
  })
  .optional();

/** Headers of requests. The first has the settings; each gets one reply, in order. */
export const requestSchema = z.discriminatedUnion('do', [
  z.object({
    do: z.literal('start'),
    settings: z.object({
      maxMegapixels: z.number().positive(),
      path: z.enum(['chroma', 'plain']),
      workflow: workflowSchema,
      otherWorkflows: otherWorkflowsSchema.optional(),
    }),
  }),
  /** Body: the photo's file. */
  z.object({ do: z.literal('inspect'), look }),
  /** Body: the photo's file. */
  z.object({
    do: z.literal('prepare'),
    id,
    output: z.enum(OUTPUTS).optional(),
    colouredPhotos: z.enum(COLOURED_PHOTOS).optional(),
    look,
    /** The load that memory is reserved for: a photo of more is not decoded. @default any */
    megapixels: z.number().nonnegative().optional(),
  }),
  /** Body: the picture that the workflow saved, or the photo's two planes. */
  z.object({ do: z.literal('advance'), id, look }),
  /** Body: likewise. */
  z.object({ do: z.literal('finish'), id, source: z.string().max(1000) }),
  /** Body: a result. */
  z.object({ do: z.literal('colours') }),
  z.object({ do: z.literal('discard'), id }),
]);
export type ImageRequest = z.infer<typeof requestSchema>;
export type RequestOf<A extends Asked> = Extract<ImageRequest, { do: A }>;

/** Longest message of a fault: some go into failure records. */
const MAX_MESSAGE = 600;

/** One line of printable text. */
const text = z.string().transform((value) => value.slice(0, MAX_MESSAGE).replace(/[\p{C}\p{Z}]/gu, ' '));

const faultSchema = z.object({
  kind: z.enum(['permanent', 'transient', 'instance', 'other']),
  /** `bad-option` and `retries-exhausted` are not for an image process to say. */
  code: z
    .enum(['unreadable-image', 'unsupported-format', 'too-large', 'already-coloured', 'cannot-be-coloured'])
    .optional(),
  message: text,
  cause: text.optional(),
});

/** What a process exceeded. */
export const EXCEEDED = ['processor time', 'time', 'memory'] as const;
export type Exceeded = (typeof EXCEEDED)[number];

/** Body: PNG or plane for the workflow. */
const preparedSchema = z.object({
  format: z.enum(FORMATS),
  megapixels: z.number().nonnegative(),
  load: z.number().nonnegative(),
  uploadMegapixels: z.number().nonnegative(),
  isUnchanged: z.boolean().optional(),
  isPlane: z.boolean().optional(),
  path: z.enum(['chroma', 'plain']),
});

const valueSchemas = {
  start: z.object({}),
  /** Its load. */
  inspect: z.object({ megapixels: z.number().nonnegative() }),
  prepare: z.union([
    preparedSchema,
    /** Its load, of a photo that is not decoded and not held: memory for more has to be reserved. */
    z.object({ needs: z.number().nonnegative() }),
  ]),
  advance: preparedSchema,
  /** Body: the result. */
  finish: z.object({ remarks: z.array(z.enum(REMARKS)).max(REMARKS.length).default([]) }),
  colours: canarySchema,
  discard: z.object({}),
};
export type Asked = keyof typeof valueSchemas;
export type Value<A extends Asked> = z.infer<(typeof valueSchemas)[A]>;

const replySchema = z.union([
  z.object({ value: z.unknown(), megabytes: z.number() }),
  z.object({ fault: faultSchema, megabytes: z.number() }),
  /** The last frame of a process that ends itself. */
  z.object({ exceeded: z.enum(EXCEEDED) }),
]);
export type Reply<A extends Asked = Asked> =
  | { value: Value<A>; megabytes: number }
  | { fault: z.infer<typeof faultSchema>; megabytes: number }
  | { exceeded: Exceeded };

/** @throws ZodError for a reply that is not one to this request */
export function parseReply<A extends Asked>(asked: A, header: unknown): Reply<A> {
  const reply = replySchema.parse(header);
  if (!('value' in reply)) return reply;
  return { ...reply, value: valueSchemas[asked].parse(reply.value) as Value<A> };
}

/** Of frames to the process: a header holds a workflow, and a file has the bytes that the worker allows. */
export const REQUEST_LIMITS: FrameLimits = { header: 4e6, body: 2 ** 32 - 1 };

/** What a reply may take. */
export interface ReplyLimits {
  /** Within which a process that is not taken over has replied, or has ended itself. */
  seconds: number;
  /** Of its body. */
  bytes: number;
}

/** @param megapixels of the photo, or the most that it may have */
export function replyLimits(
  asked: Exclude<Asked, 'start'>,
  settings: ImageSettings,
  megapixels = settings.maxMegapixels,
): ReplyLimits {
  const copy = Math.max(...graphsOf(settings).map(largestChroma)) ** 2 / 1e6;
  const bytes = (file: number) => maxFileBytes(Math.max(file, copy));
  const result = megapixels * scaleOf(settings);
  switch (asked) {
    case 'prepare':
      return {
        seconds: headLimits().seconds + prepareLimits(megapixels).seconds,
        bytes: bytes(megapixels),
      };
    case 'advance':
      return {
        seconds: advanceLimits(megapixels).seconds,
        bytes: bytes(megapixels),
      };
    case 'finish':
      return { seconds: finishLimits(result).seconds, bytes: bytes(result) };
    default:
      return { seconds: finishLimits(1).seconds, bytes: 0 };
  }
}

/** Megapixels of the largest result. */
export const resultMegapixels = (settings: ImageSettings): number =>
  settings.maxMegapixels * scaleOf(settings);

/** Pixels of a result for one of its photo, at most. */
const scaleOf = (settings: ImageSettings): number =>
  Math.max(1, ...graphsOf(settings).map(({ output }) => output.scale)) ** 2;
