/**
 * Usage: what callers announced, and what became of it, by day and caller. The gateway and the function of outcomes write it, the command `usage`
 * reads it.
 */
import { z } from 'zod';
import { ownerDigest } from './webhook.ts';

/** Sort keys of announcements and of outcomes differ: a transaction on one item would refuse the other's writes meanwhile. */
export const USAGE_KEYS = { partition: 'day', sort: 'of' } as const;
/** Time to live. */
export const USAGE_EXPIRY = 'expiresAt';
/** How long a day's items are kept: a year, and a month to write its last bill. */
export const USAGE_DAYS = 400;
/** How long an event is known to be counted: longer than SQS keeps its message and its dead letter, and that again after a redrive. */
export const COUNTED_DAYS = 60;

const DAY_SECONDS = 86_400;

/** The day of a time in UTC: 2026-11-29. @param at epoch seconds */
export const usageDay = (at: number): string => new Date(at * 1000).toISOString().slice(0, 10);

/** Epoch seconds until which an item of a day is kept. */
export const usageExpiry = (day: string): number => Date.parse(day) / 1000 + USAGE_DAYS * DAY_SECONDS;

/** Photos that no caller announced: they were put into the bucket directly. */
export const DIRECT = 'direct';
/** Photos of the API whose record was deleted before their outcome was counted. */
export const UNKNOWN_CALLER = 'unknown';

/** DynamoDB takes 1,024 bytes of a sort key. */
const MOST_OWNER_BYTES = 512;

/** A caller as usage names it: the owner of its photos, such as `jwt:SUB`, or a digest of a longer one. */
export const usageCaller = (owner: string): string =>
  Buffer.byteLength(owner) <= MOST_OWNER_BYTES ? owner : `digest:${ownerDigest(owner)}`;

const KINDS = { accepted: 'accepted#', outcomes: 'outcomes#' } as const;

export const acceptedKey = (day: string, caller: string) => ({
  [USAGE_KEYS.partition]: day,
  [USAGE_KEYS.sort]: `${KINDS.accepted}${caller}`,
});
export const outcomesKey = (day: string, caller: string) => ({
  [USAGE_KEYS.partition]: day,
  [USAGE_KEYS.sort]: `${KINDS.outcomes}${caller}`,
});

/** First part of the key of an item that marks an event as counted. */
export const COUNTED_KEY = 'counted#';
export const countedKey = (event: string) => ({
  [USAGE_KEYS.partition]: `${COUNTED_KEY}${event}`,
  [USAGE_KEYS.sort]: COUNTED_KEY,
});

/** Numbers of an item; each is added to. */
export const usageCountsSchema = z.object({
  /** Photos announced. */
  photos: z.number().default(0),
  coloured: z.number().default(0),
  failed: z.number().default(0),
  /** Of the outcomes that have a time. */
  workedSeconds: z.number().default(0),
  /** Outcomes without a time: photos that were never finished in ComfyUI, and outcomes of earlier versions. */
  untimed: z.number().default(0),
});

/** Usage of a caller on a day. */
export interface UsageRow extends Omit<z.infer<typeof usageCountsSchema>, 'photos'> {
  day: string;
  caller: string;
  /** Announced to the API; null of photos that no caller announced. */
  accepted: number | null;
}

const itemSchema = usageCountsSchema.extend({
  [USAGE_KEYS.partition]: z.string(),
  [USAGE_KEYS.sort]: z.string(),
});

/** The rows of items: those of one caller and day are one. */
export function usageRows(items: readonly unknown[]): UsageRow[] {
  const rows = new Map<string, UsageRow>();
  for (const item of items) {
    const { day, of, photos, ...counts } = itemSchema.parse(item);
    const kind = Object.values(KINDS).find((prefix) => of.startsWith(prefix));
    if (kind === undefined) continue;
    const caller = of.slice(kind.length);
    const id = `${day} ${caller}`;
    const isNamed = caller !== DIRECT && caller !== UNKNOWN_CALLER;
    const row = rows.get(id) ?? {
      ...{ day, caller, accepted: isNamed ? 0 : null },
      ...{ coloured: 0, failed: 0, workedSeconds: 0, untimed: 0 },
    };
    rows.set(id, kind === KINDS.accepted ? { ...row, accepted: photos } : { ...row, ...counts });
  }
  return [...rows.values()];
}
