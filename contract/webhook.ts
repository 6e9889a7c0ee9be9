/**
 * Webhooks: what a caller of the API registers, what the tables and queues have of them, and the environment of their functions.
 *
 * Registrations and pending deliveries are in two tables, so that the gateway, which writes registrations, can read no delivery.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';

export const MOST_WEBHOOKS = 5;
export const MOST_URL = 2048;

/** A delivery that has not succeeded by then is a dead letter. */
export const GIVE_UP_SECONDS = 86_400;
/** How long a secret is still signed with beside the one that replaced it. */
export const OVERLAP_SECONDS = 86_400;

/** Name of a webhook in the path of its requests; the caller chooses it. */
export const WEBHOOK_ID = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/;
export const WEBHOOK_ID_RULE =
  '1 to 40 lowercase letters, digits and hyphens, with a letter or digit at both ends';

/** `v1`: HMAC with a secret that both sides have. `v1a`: Ed25519, with a public key that is no secret. */
export const SIGNINGS = ['hmac', 'ed25519'] as const;

/** `PUT /webhooks/{id}` */
export const newWebhookSchema = z.strictObject({
  url: z
    .string()
    .min(1)
    .max(MOST_URL)
    // For readers of the document. The check itself is that of every delivery, which resolves the name too.
    .meta({
      description: 'https address of the receiver, with a public name.',
      ...{ format: 'uri', pattern: '^https://', examples: ['https://shop.example.com/photo-events'] },
    }),
  signing: z
    .enum(SIGNINGS)
    .optional()
    .describe("How deliveries are signed: 'hmac' (the default) with a secret, 'ed25519' with a key pair."),
  rotate: z
    .boolean()
    .optional()
    .describe(
      'Whether a webhook that exists gets a new secret. The one before is signed with for a day more.',
    ),
});

const time = z.iso.datetime().describe('UTC');

/** Response to the requests of a webhook. */
export const webhookSchema = z.object({
  id: z.string().regex(WEBHOOK_ID),
  url: z.string(),
  signing: z.enum(SIGNINGS),
  createdAt: time,
  secret: z
    .string()
    .optional()
    .describe("Of 'hmac', when the secret is made and never again: `whsec_` and base64."),
  publicKeys: z
    .array(z.string())
    .optional()
    .describe("Of 'ed25519': `whpk_` and base64, the newest first; two while one replaces the other."),
  state: z
    .enum(['active', 'failing', 'disabled'])
    .describe(
      "'failing': the last deliveries failed, and are tried again. 'disabled': the receiver answered 410.",
    ),
  lastSuccessAt: time.nullable(),
  lastFailure: z.object({ at: time, reason: z.string() }).nullable(),
});

/** Response to `GET /webhooks`. */
export const webhooksSchema = z.object({ webhooks: z.array(webhookSchema) });

export type NewWebhook = z.infer<typeof newWebhookSchema>;
export type WebhookView = z.infer<typeof webhookSchema>;

const secretSchema = z.object({
  /** `whsec_` of an HMAC, `whsk_` of a private key. */
  secret: z.string(),
  /** Of Ed25519. */
  publicKey: z.string().optional(),
  /** Epoch seconds; absent of the newest. */
  validUntil: z.number().optional(),
});

/** A registration as its table has it. Times are epoch seconds. */
export const storedWebhookSchema = z.object({
  owner: z.string(),
  id: z.string(),
  /** Of its deliveries: another one if a webhook of this id is deleted and made again. */
  target: z.string(),
  url: z.string(),
  signing: z.enum(SIGNINGS),
  secrets: z.array(secretSchema).min(1),
  createdAt: z.number(),
  disabledAt: z.number().optional(),
  /** Until when one function sends its deliveries. */
  leaseUntil: z.number().optional(),
  /** Until when nothing is sent: the receiver fails. */
  retryAt: z.number().optional(),
  /** When the queue delivers the message that goes on with its deliveries. */
  wakeAt: z.number().optional(),
  /** Rounds in a row in which every delivery failed. */
  failures: z.number().default(0),
  lastSuccessAt: z.number().optional(),
  lastFailure: z.object({ at: z.number(), reason: z.string() }).optional(),
});

export type StoredWebhook = z.infer<typeof storedWebhookSchema>;
export type WebhookSecret = z.infer<typeof secretSchema>;

/** A caller in the tables: a digest, since a token's subject may be a name. */
export const ownerDigest = (owner: string): string =>
  createHash('sha256').update(owner).digest('hex').slice(0, 32);

/** Keys of both tables, and the indexes of the second: due by time of the next attempt, oldest by time of the event. */
export const WEBHOOK_KEYS = { partition: 'owner', sort: 'id' } as const;
/** Parameters of requests to the table of registrations. */
export const webhookKey = ({ owner, id }: Wake) => ({
  [WEBHOOK_KEYS.partition]: owner,
  [WEBHOOK_KEYS.sort]: id,
});
export const webhooksOf = (owner: string) => ({
  KeyConditionExpression: '#owner = :owner',
  ExpressionAttributeNames: { '#owner': WEBHOOK_KEYS.partition },
  ExpressionAttributeValues: { ':owner': owner },
});
export const DELIVERY_KEYS = { partition: 'target', sort: 'event' } as const;
export const DELIVERY_INDEXES = { due: 'dueAt', oldest: 'createdAt' } as const;
/** Time to live: of a delivery whose webhook was deleted. */
export const DELIVERY_EXPIRY = 'expiresAt';

/** Message that has a webhook's deliveries sent. */
export const wakeSchema = z.object({ owner: z.string(), id: z.string() });
export type Wake = z.infer<typeof wakeSchema>;

/** Message of the dead-letter queue. */
export const deadDeliverySchema = wakeSchema.extend({
  event: z.string(),
  body: z.string(),
  attempts: z.number(),
  reason: z.string(),
});
export type DeadDelivery = z.infer<typeof deadDeliverySchema>;

/**
 * Set on the local AWS, and by no stack: receivers on this machine are allowed. On AWS loopback is a function's own run time, which no
 * webhook may reach.
 */
export const LOOPBACK_VARIABLE = 'LOCAL_WEBHOOK_RECEIVERS';

/** Environment of the function that sends deliveries: set by the construct, parsed by the function. */
export const webhooksEnvironmentSchema = z.object({
  STAGE: z.string().min(1),
  WEBHOOK_TABLE_NAME: z.string().min(1),
  DELIVERY_TABLE_NAME: z.string().min(1),
  /** That knows which photos are deleted. */
  GATEWAY_TABLE_NAME: z.string().min(1),
  WAKE_QUEUE_URL: z.string().min(1),
  WEBHOOK_DEAD_LETTER_QUEUE_URL: z.string().min(1),
  /** Longest pause between two attempts, seconds. */
  MOST_PAUSE_SECONDS: z.coerce.number().int().min(1),
});

export type WebhooksVariable = keyof z.infer<typeof webhooksEnvironmentSchema>;
