/**
 * The job message: S3's event notification about a photo.
 *
 * - Creating or changing the notification sends a test event without `Records`.
 * - Keys are form-encoded: a space is `+`, a plus is `%2B`.
 * - Records can repeat and arrive out of order; `sequencer` only compares within one key. The worker compares ETags instead.
 */
import { z } from 'zod';

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

const eventSchema = z.object({ Records: z.array(recordSchema) });
const testEventSchema = z.object({ Event: z.literal('s3:TestEvent') });

/** One photo to colour. */
export interface Job {
  bucket: string;
  /** Decoded key, `incoming/...`. */
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

/**
 * Parses the body of a message to jobs; none for S3's test event and for events other than ObjectCreated.
 *
 * @throws when the body is not an S3 event; such a message belongs in the dead-letter queue
 */
export function parseJobMessage(body: string): Job[] {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch (cause) {
    throw new Error(`job message is not JSON: '${body.slice(0, 80)}'`, { cause });
  }
  if (testEventSchema.safeParse(json).success) return [];
  const event = eventSchema.safeParse(json);
  if (!event.success) throw new Error(`job message is not an S3 event: ${z.prettifyError(event.error)}`);
  return event.data.Records.filter((r) => r.eventName.startsWith('ObjectCreated:')).map((r) => ({
    bucket: r.s3.bucket.name,
    key: decodeEventKey(r.s3.object.key),
    etag: r.s3.object.eTag?.replaceAll('"', ''),
    storedAtMs: Date.parse(r.eventTime),
  }));
}
