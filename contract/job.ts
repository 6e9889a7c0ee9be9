/**
 * The job message: S3's event notification about a photo, bare, in SNS's envelope, or as EventBridge sends it.
 *
 * - Creating or changing the notification sends a test event without `Records`.
 * - Keys are form-encoded in S3's own events: a space is `+`, a plus is `%2B`. EventBridge's are not encoded.
 * - A key that ends in `/` is a folder: S3's console makes an empty object of it.
 * - Records can repeat and arrive out of order; `sequencer` only compares within one key. The worker compares ETags instead.
 */
import { z } from 'zod';
import { isPlaceholder, MAX_KEY_BYTES } from './keys.ts';
import { isPhotoKey, queueOf, type QueueName } from './lanes.ts';

/** S3 sends one record of two kilobytes in a message. */
const MOST_CHARACTERS = 65_536;
const MOST_RECORDS = 10;
/** Of the description of an error, which is logged at each receive. */
const MOST_DESCRIBED = 500;

const recordSchema = z.object({
  eventName: z.string(),
  eventTime: z.iso.datetime({ offset: true }),
  s3: z.object({
    bucket: z.object({ name: z.string().min(1) }),
    object: z.object({
      key: z.string().min(1),
      eTag: z.string().min(1).optional(),
      size: z.number().optional(),
    }),
  }),
});

const eventSchema = z.object({ Records: z.array(recordSchema).max(MOST_RECORDS) });
const testEventSchema = z.object({ Event: z.literal('s3:TestEvent') });
/** What SNS makes of a message, unless its subscription has raw delivery. */
const snsSchema = z.object({ Type: z.literal('Notification'), TopicArn: z.string(), Message: z.string() });
const eventBridgeSchema = z.object({
  source: z.literal('aws.s3'),
  'detail-type': z.string(),
  time: z.iso.datetime({ offset: true }),
  detail: z.object({
    bucket: z.object({ name: z.string().min(1) }),
    object: z.object({
      key: z.string().min(1),
      etag: z.string().min(1).optional(),
      size: z.number().optional(),
    }),
  }),
});

/** One photo to colour. */
export interface Job {
  bucket: string;
  /** Decoded key, `incoming/...`, `sidelined/...` or `bulk/...`. */
  key: string;
  /** Without quotes. S3 sends it with every ObjectCreated event, but its schema says optional. */
  etag: string | undefined;
  /** When S3 stored the photo, epoch milliseconds: the start of its wait. */
  storedAtMs: number;
}

/**
 * Decodes a key as S3 encodes it in events.
 *
 * @throws URIError when the text is not validly encoded
 */
export function decodeEventKey(encoded: string): string {
  return decodeURIComponent(encoded.replace(/\+/g, ' '));
}

/** @throws when it is no key that S3 can have. `..` is an ordinary part of a key: it is no path */
function checkedKey(key: string): string {
  const bytes = Buffer.byteLength(key);
  if (bytes > MAX_KEY_BYTES)
    throw new Error(`job message has a key of ${bytes} bytes: at most ${MAX_KEY_BYTES}`);
  if (key.includes('\0')) throw new Error('job message has a key with NUL, which is not allowed');
  return key;
}

/**
 * Parses the body of a message to jobs; none for S3's test event, for folders, for the placeholder of a deleted photo and for
 * events other than the creation of an object.
 *
 * @throws when the body is not an S3 event; such a message belongs in the dead-letter queue
 */
export function parseJobMessage(body: string): Job[] {
  if (body.length > MOST_CHARACTERS)
    throw new Error(`job message has ${body.length} characters: at most ${MOST_CHARACTERS}`);
  const json = parseJson(body);
  const sns = snsSchema.safeParse(json);
  return jobsOf(sns.success ? parseJson(sns.data.Message) : json).filter(({ key }) => !key.endsWith('/'));
}

/** The queue of a message by its first photo; the interactive one when it has none, or is no job. */
export function queueOfMessage(body: string): QueueName {
  try {
    const [first] = parseJobMessage(body);
    return first && isPhotoKey(first.key) ? queueOf(first.key) : 'interactive';
  } catch {
    return 'interactive';
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Without the cause, which quotes the text: it may have a person's name, and this is logged.
    throw new Error(`job message is not JSON: ${text.length} characters`);
  }
}

function jobsOf(event: unknown): Job[] {
  if (testEventSchema.safeParse(event).success) return [];
  const eventBridge = eventBridgeSchema.safeParse(event);
  if (eventBridge.success) return eventBridgeJobs(eventBridge.data);
  const s3 = eventSchema.safeParse(event);
  if (!s3.success) {
    const why = z.prettifyError(s3.error).slice(0, MOST_DESCRIBED);
    throw new Error(`job message is not an S3 event: ${why}`);
  }
  return s3.data.Records.filter((r) => r.eventName.startsWith('ObjectCreated:')).flatMap((r) => {
    const { key: encoded, eTag, size } = r.s3.object;
    const key = checkedKey(decodeEventKey(encoded));
    const job = {
      bucket: r.s3.bucket.name,
      key,
      etag: unquoted(eTag),
      storedAtMs: Date.parse(r.eventTime),
    };
    return isPlaceholder(key, size) ? [] : [job];
  });
}

function eventBridgeJobs({ 'detail-type': type, time, detail }: z.infer<typeof eventBridgeSchema>): Job[] {
  if (type !== 'Object Created') return [];
  const { bucket, object } = detail;
  const key = checkedKey(object.key);
  if (isPlaceholder(key, object.size)) return [];
  return [{ bucket: bucket.name, key, etag: unquoted(object.etag), storedAtMs: Date.parse(time) }];
}

const unquoted = (etag: string | undefined) => etag?.replaceAll('"', '');
