/**
 * The event of an outcome, as EventBridge rules and webhooks receive it: docs/events.md, docs/outcome-event.schema.json.
 *
 * It is a function of the stored outcome alone, so that each sending of it has the same id and the same body.
 */
import { z } from 'zod';
import { FAILURE_CODES } from './failure.ts';
import { API_PHOTO_ID } from './keys.ts';
import { LANES } from './lanes.ts';
import { SERVICE } from './names.ts';
import { REMARKS } from './photo-types.ts';
import { TRACE_ID } from './trace.ts';

/** Source of the events in EventBridge. */
export const EVENT_SOURCE = SERVICE;

/** Rises when a consumer of the version before could misread an event. New fields do not change it. */
export const EVENT_VERSION = '1';

/** Name of a stage's event bus. */
export const eventBusName = (stage: string) => `${SERVICE}-${stage}`;

const seconds = z.number().min(0).nullable();

const photo = z.object({
  key: z.string().describe('Key of the photo in the bucket.'),
  etag: z.string().describe('ETag of the photo, without quotes: the upload that this is the outcome of.'),
  id: z
    .string()
    .regex(API_PHOTO_ID)
    .nullable()
    .describe('Id in the HTTP API; null for a photo that was put into the bucket directly.'),
});

const common = {
  stage: z.string(),
  bucket: z.string(),
  lane: z.enum(LANES),
  trace: z
    .string()
    .regex(TRACE_ID)
    .nullable()
    .describe('Finds the photo in the logs; null for an outcome of an earlier version.'),
  photo,
  waitedSeconds: seconds.describe('From the upload to the start in ComfyUI; null where it never started.'),
  workedSeconds: seconds.describe('From the start to the finished result; null where it did not finish.'),
};

const envelope = {
  version: z.literal(EVENT_VERSION),
  id: z
    .string()
    .regex(/^evt_[0-9a-f]{32}$/)
    .describe('The same at each sending of this event.'),
  timestamp: z.iso.datetime().describe('When the outcome was stored, UTC.'),
};

const colouredSchema = z.object({
  ...envelope,
  type: z.literal('photo.coloured'),
  data: z.object({
    ...common,
    result: z.object({
      key: z.string().describe('Key of the result in the bucket.'),
      type: z.string().describe('Content type of the result.'),
      bytes: z.int().min(0),
      remarks: z.array(z.enum(REMARKS)),
    }),
  }),
});

const failedSchema = z.object({
  ...envelope,
  type: z.literal('photo.failed'),
  data: z.object({
    ...common,
    failure: z.object({
      key: z.string().describe('Key of the failure record in the bucket.'),
      code: z.enum(FAILURE_CODES),
      message: z.string(),
      retryable: z.boolean().describe('Whether the same photo may succeed if it is sent again.'),
      attempts: z.int().min(0).nullable(),
    }),
  }),
});

export const outcomeEventSchema = z.discriminatedUnion('type', [colouredSchema, failedSchema]);

export type OutcomeEvent = z.infer<typeof outcomeEventSchema>;
export type OutcomeType = OutcomeEvent['type'];

/** JSON Schema of an event. */
export const outcomeEventJsonSchema = (): Record<string, unknown> => ({
  $id: `urn:${SERVICE}:outcome-event:${EVENT_VERSION}`,
  title: 'Outcome of a photo',
  ...z.toJSONSchema(outcomeEventSchema, { target: 'draft-2020-12' }),
});

/** Environment of the functions that send events, and look for lost ones: set by the construct, parsed by the functions. */
export const outcomeEventsEnvironmentSchema = z.object({
  STAGE: z.string().min(1),
  BUCKET_NAME: z.string().min(1),
  EVENT_BUS_NAME: z.string().min(1),
  /** Of the events that were sent: contract/sent-event.ts. */
  SENT_TABLE_NAME: z.string().min(1),
  /** Photos of the API with their callers; empty without an API. */
  GATEWAY_TABLE_NAME: z.string(),
  /** Usage of callers; empty without. */
  USAGE_TABLE_NAME: z.string(),
  /** This and the following are empty without webhooks. */
  WEBHOOK_TABLE_NAME: z.string(),
  DELIVERY_TABLE_NAME: z.string(),
  WAKE_QUEUE_URL: z.string(),
});

export type OutcomeEventsVariable = keyof z.infer<typeof outcomeEventsEnvironmentSchema>;
