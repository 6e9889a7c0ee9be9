/** The scaler's one item: its shape, and the way to and from it. */
import { z } from 'zod';
import { REASONS } from '../../contract/reasons.ts';
import type { Controls } from './policy/controls.ts';
import { RECENT, type MemoryState } from './tick.ts';

export const MEMORY_VERSION = 2;

const count = z.number().nullable();
const amount = z.number().min(0);
const calculationSchema = z.object({
  rate: amount,
  serviceSeconds: amount,
  bootSeconds: amount,
  queuedThen: amount,
  price: amount,
  meanWait: amount.nullable(),
  late: amount,
  load: amount,
});
const recordSchema = z.object({
  at: z.number(),
  reason: z.enum(REASONS),
  needed: count,
  visible: count,
  inFlight: count,
  desired: count,
  inService: count,
  pending: count,
  draining: count,
  min: count,
  max: count,
  unfulfilled: amount.optional(),
  completed: amount.optional(),
  calculation: calculationSchema.optional(),
});

const sloSchema = z.object({
  flow: z
    .object({
      at: z.number(),
      backlog: amount,
      inFlight: amount,
      reported: z.object({ completed: amount, busySeconds: amount }).nullable(),
      carried: z.number().max(0),
      completed: amount,
      busySeconds: amount,
    })
    .optional(),
  rate: z.object({
    levels: z.array(z.object({ weight: z.number().min(0).max(1), photos: amount, seconds: amount })).max(64),
    mean: amount,
    observed: amount,
    ended: amount,
    watched: amount,
    burst: amount,
  }),
  capacity: z.object({
    launches: z.array(z.object({ at: z.number(), count: z.number().int().positive() })).max(64),
    inService: amount,
    boots: amount,
    bootSeconds: amount,
  }),
  price: z.object({ factor: z.number().positive(), waited: amount, photos: amount, visible: amount }),
  season: z
    .object({
      rates: z.array(amount.nullable()).max(672),
      now: z.object({
        index: z.number().int().min(0).max(671),
        seconds: amount,
        peak: amount,
        part: z.object({ photos: amount, seconds: amount }),
      }),
      foreseen: z.object({ rate: amount, before: amount }).optional(),
      errors: z.object({ forecast: amount, none: amount }),
    })
    .optional(),
  idle: z.array(z.object({ at: z.number(), count: amount })).max(128),
  emptySince: z.number().optional(),
  inconsistentSince: z.number().optional(),
});

const itemSchema = z.object({
  version: z.literal(MEMORY_VERSION),
  policy: z.object({
    lastOutAt: z.number().optional(),
    lastInAt: z.number().optional(),
    slo: sloSchema.optional(),
    shortage: z
      .object({
        at: z.number(),
        since: z.number(),
        given: amount,
        confirmed: z.boolean(),
        surplus: z.object({ since: z.number(), most: amount }).optional(),
      })
      .optional(),
  }),
  recent: z.array(recordSchema).max(RECENT),
});

const ledgerSchema = z.object({
  at: z.number(),
  perHour: amount,
  day: z.number().int().min(0),
  spent: amount,
  inService: amount,
  busySeconds: amount.nullable(),
});

const until = z.number().positive();
const expiring = z.strictObject({ until: until.optional() }).optional();
const limit = z.strictObject({ instances: z.number().int().min(0), until }).optional();
/** Strict: a control with a slip of the pen must not pass for none. */
const controlsSchema = z.strictObject({
  pauseScaleOut: expiring,
  pauseScaleIn: expiring,
  floor: limit,
  ceiling: limit,
  dryRun: expiring,
} satisfies Record<keyof Controls, z.ZodType>);

export const emptyMemory = (): MemoryState => ({ policy: {}, recent: [], controls: {} });

/** @throws Error naming each value that cannot be and what is allowed */
function controlsOf(item: unknown): Controls {
  const given = typeof item === 'object' && item !== null && 'controls' in item ? item.controls : {};
  const parsed = controlsSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new Error(`controls ${JSON.stringify(given)}: ${z.prettifyError(parsed.error)}`);
}

/** By itself: a policy that forgets what it saw is no reason to forget what the day has cost. */
function ledgerOf(item: unknown, setAside: (why: string) => void): Pick<MemoryState, 'ledger'> {
  if (typeof item !== 'object' || item === null || !('ledger' in item)) return {};
  const parsed = ledgerSchema.safeParse(item.ledger);
  if (parsed.success) return { ledger: parsed.data };
  setAside(`ledger: ${z.prettifyError(parsed.error)}`);
  return {};
}

/**
 * What an item says. One that is damaged, or was written by another version, is set aside as no memory: a cold start
 * costs a hold time, a false memory could cost the fleet.
 *
 * Controls are not ours to set aside: what cannot be understood is an error, and holds the fleet until it is mended.
 *
 * @param setAside is told why, in words for a log; not called for an item that holds nothing but a lease
 * @throws Error naming each control that cannot be and what is allowed
 */
export function fromItem(item: unknown, setAside: (why: string) => void = () => {}): MemoryState {
  const controls = controlsOf(item);
  const ledger = ledgerOf(item, setAside);
  const parsed = itemSchema.safeParse(item);
  if (parsed.success) {
    const { policy, recent } = parsed.data;
    return { policy, recent, ...ledger, controls };
  }
  const holds =
    typeof item === 'object' && item !== null && ['version', 'policy', 'recent'].some((k) => k in item);
  if (holds) setAside(z.prettifyError(parsed.error));
  return { ...emptyMemory(), ...ledger, controls };
}

/** DynamoDB takes no number nearer to zero than 1e-130, and refuses the whole item for one. */
const LEAST = 1e-100;

/** The same with nothing where there is next to nothing: weights of what did not come true, means that faded for weeks. */
function storable<T>(value: T): T {
  if (typeof value === 'number') return (Math.abs(value) < LEAST ? 0 : value) as T;
  if (Array.isArray(value)) return value.map(storable) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, storable(one)])) as T;
}

/** Attributes of the item, apart from its key and the lease. */
export const toItem = ({ policy, recent, ledger }: Omit<MemoryState, 'controls'>) =>
  storable({
    version: MEMORY_VERSION,
    policy,
    recent,
    ...(ledger ? { ledger } : {}),
  });
