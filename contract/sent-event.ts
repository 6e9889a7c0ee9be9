/**
 * What is known of the events that were sent: a row for each outcome, in a table of their own, and the state of the sweep that looks for lost ones.
 *
 * A row has a digest of the outcome's key and the time of the outcome, and goes with its time to live. Whatever removes all that knows of a photo removes the
 * rows of its two outcomes: `sentEventKey`.
 */
import { createHash } from 'node:crypto';

/** Partition key of the table. */
export const SENT_KEY = 'id';
/** Attribute with the time, in epoch seconds, after which DynamoDB deletes a row. */
export const SENT_EXPIRY = 'expiresAt';
/** Row with the state of the sweep. */
export const SWEEP_STATE_KEY = 'sweep';

/** @param outcomeKey of a result or failure record in the bucket */
export const sentEventKey = (outcomeKey: string): string =>
  `sent#${createHash('sha256').update(outcomeKey).digest('hex').slice(0, 32)}`;

/** How long a row is kept. */
export const SENT_KEPT_SECONDS = 10 * 86_400;
