/** Environment of the gateway function: set by the construct, parsed by the function. */
import { z } from 'zod';
import { DIGEST_SEPARATOR } from './edge.ts';
import type { WorkflowWords } from './offered-workflow.ts';
import type { PhotoOption } from './photo-option.ts';

/** Access to the API: open to all, with a token of the stage's OpenID issuer, or with an AWS signature. */
export const ACCESS = ['open', 'jwt', 'iam'] as const;
export type Access = (typeof ACCESS)[number];

const whole = z.coerce.number().int().min(1);

export const gatewayEnvironmentSchema = z.object({
  STAGE: z.string().min(1),
  ACCESS: z.enum(ACCESS),
  BUCKET_NAME: z.string().min(1),
  /** Photo records and quota counters. */
  TABLE_NAME: z.string().min(1),
  /** The scaler's table, with its view. */
  SCALER_TABLE_NAME: z.string().min(1),
  /** Registered webhooks; empty without. */
  WEBHOOK_TABLE_NAME: z.string().default(''),
  /** Usage of callers; empty without. */
  USAGE_TABLE_NAME: z.string().default(''),
  MAX_UPLOAD_BYTES: whole,
  PHOTOS_PER_HOUR: whole,
  PHOTOS_PER_DAY: whole,
  LINK_SECONDS: whole,
  /** Days until S3 deletes photos, and their outcomes. */
  PHOTO_DAYS: whole,
  RESULT_DAYS: whole,
  /** Seconds within which a photo of the bulk lane is coloured; 0 without a bulk lane. */
  BULK_DEADLINE_SECONDS: z.coerce.number().int().min(0),
  /** Whether the stage has a queue of sidelined photos. */
  SIDELINING: z.enum(['on', 'off']),
  /** Side in pixels of the square at which the workflow computes colours; 0 without a chroma output. */
  CHROMA_SIZE: z.coerce.number().int().min(0),
  /** The workflow's options for photos, as JSON. */
  OPTIONS: z
    .string()
    .default('[]')
    .transform((text) => JSON.parse(text) as PhotoOption[]),
  /** JSON of `WorkflowWords`, of a stage with several. */
  WORKFLOWS: z
    .string()
    .transform((text) => JSON.parse(text) as WorkflowWords)
    .optional(),
  /** OpenID issuer and client of the page's sign-in; empty without sign-in. */
  ISSUER: z.string(),
  CLIENT_ID: z.string(),
  /** Digests of the secrets of requests through CloudFront, any of which a request must have; empty: requests come directly. */
  ORIGIN_DIGESTS: z
    .string()
    .default('')
    .transform((text) => (text === '' ? [] : text.split(DIGEST_SEPARATOR))),
  /** Claim of a token with the groups of its user, which share their photos; empty: each user has its own. */
  GROUPS_CLAIM: z.string(),
});

export type GatewayEnvironment = z.infer<typeof gatewayEnvironmentSchema>;
/** Those that are always set. */
export type GatewayVariable = Exclude<keyof GatewayEnvironment, 'WORKFLOWS'>;

/** Key of a photo's record in the gateway's table. */
export const photoRecordKey = (id: string) => `photo#${id}`;

/** Partition key and time-to-live attribute of the gateway's table. */
export const GATEWAY_KEY = 'id';
export const GATEWAY_EXPIRY = 'expiresAt';

/**
 * Index of the photos of a caller. `caller` is the record's owner, and absent where everybody is the same caller: one key for all photos of an open stage
 * would limit their number a second.
 */
export const CALLER_INDEX = { name: 'caller', partition: 'caller', sort: 'createdAt' } as const;

/** Attribute of a photo's record from the first step of its deletion on. */
export const DELETED_AT = 'deletedAt';
