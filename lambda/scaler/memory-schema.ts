/** The schema of the scaler's stored item, apart from its lease. */
import { z } from 'zod';
import { REASONS } from '../../contract/reasons.ts';
import { KEPT_FAILURES, MOST_LAUNCHES, MOST_REASON_CHARACTERS } from './policy/boot-failure.ts';
import { MOST_ARRIVALS } from './policy/bulk/profile.ts';
import type { Controls } from './policy/controls.ts';
import { SIZES } from './policy/pools/bursts.ts';
import { MOST_LASTING } from './policy/pools/lasting.ts';
import { POOL_NAMES } from './policy/pools/pool-name.ts';
import { MOST_REFUSALS } from './policy/pools/refusals.ts';
import { MOST_REPORTERS } from './policy/reporters.ts';
import { GAP_BINS } from './policy/sleep.ts';
import { MOST_NAMED, RECENT } from './record.ts';

export const MEMORY_VERSION = 2;

const count = z.number().nullable();
const amount = z.number().min(0);
const workflowsSchema = z.record(
  z.string(),
  z.object({ started: amount, bulkStarted: amount, completed: amount, busySeconds: amount }),
);
/** Counters; parts by lane and workflow are there once an instance reports any. */
const workSchema = z.object({
  completed: amount,
  busySeconds: amount,
  bulkCompleted: amount.optional(),
  bulkBusySeconds: amount.optional(),
  workflows: workflowsSchema.optional(),
});
const calculationSchema = z.object({
  rate: amount,
  serviceSeconds: amount,
  bootSeconds: amount,
  queuedThen: amount,
  price: amount,
  meanWait: amount.nullable(),
  p95Wait: amount.nullable().optional(),
  late: amount,
  load: amount,
  batch: amount.optional(),
  mostBelow: amount.optional(),
  keepSeconds: amount.optional(),
  bulk: z
    .object({ serviceSeconds: amount, workSeconds: amount, needed: amount, deadlineSeconds: amount })
    .optional(),
});
const poolRecordSchema = z.object({
  ...{ before: amount, desired: amount },
  ...{ inService: amount, pending: amount, draining: amount },
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
  bootFailures: amount.optional(),
  warmPoolBootFailures: amount.optional(),
  completed: amount.optional(),
  implausible: amount.optional(),
  disbelieved: z
    .array(z.object({ instance: z.string().max(64), why: z.string().max(200) }))
    .max(MOST_NAMED)
    .optional(),
  sidelined: amount.optional(),
  bulk: z.object({ visible: amount, inFlight: amount, dueAt: z.number().optional() }).optional(),
  calculation: calculationSchema.optional(),
  pools: z.object({ spot: poolRecordSchema, onDemand: poolRecordSchema, stopped: count }).optional(),
});

const lessonSchema = z.object({ next: z.number().positive(), photos: amount, seconds: amount });

const flowSchema = z.object({
  at: z.number(),
  backlog: amount,
  inFlight: amount,
  reported: z
    .object({ completed: amount, busySeconds: amount, workflows: workflowsSchema.optional() })
    .nullable(),
  carried: z.number().max(0),
  completed: amount,
  busySeconds: amount,
  inFlightSeconds: amount.optional(),
  mix: z
    .record(z.string(), z.object({ started: amount, recent: amount, completed: amount, busySeconds: amount }))
    .optional(),
});

const sloSchema = z.object({
  flow: flowSchema.optional(),
  rate: z.object({
    levels: z.array(z.object({ weight: z.number().min(0).max(1), photos: amount, seconds: amount })).max(64),
    mean: amount,
    observed: amount,
    ended: amount,
    watched: amount,
    burst: amount,
    dispersion: z.number().min(1).optional(),
    dispersionNext: z.number().min(1).optional(),
  }),
  capacity: z.object({
    launches: z.array(z.object({ at: z.number(), count: z.number().int().positive() })).max(64),
    inService: amount,
    boots: amount,
    bootSeconds: amount,
  }),
  price: z.object({
    ...{ factor: z.number().positive(), waited: amount, photos: amount, visible: amount },
    lesson: lessonSchema.optional(),
  }),
  tail: z
    .object({
      factor: z.number().positive(),
      lesson: lessonSchema,
      waiting: z.array(z.object({ from: z.number(), to: z.number(), count: amount })).max(64),
      waits: z.array(amount).max(64),
    })
    .optional(),
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
  sleep: z
    .object({
      gaps: z.array(amount).max(GAP_BINS),
      emptyAt: z.number().optional(),
      looks: amount,
      waking: z.object({ photos: amount, waited: amount }).optional(),
      woken: z.object({ count: amount, photos: amount, waited: amount }),
    })
    .optional(),
  idle: z.array(z.object({ at: z.number(), count: amount })).max(128),
  emptySince: z.number().optional(),
  isEmptyConfirmed: z.boolean().optional(),
  inconsistentSince: z.number().optional(),
});

const activities = z.array(z.string().max(64)).max(MOST_LAUNCHES);
const bootFailureSchema = z.object({
  at: z.number(),
  failures: amount,
  counted: activities,
  ended: activities,
  suspected: z.boolean(),
  succeededAt: z.number().optional(),
  pause: z.object({ seconds: amount, until: z.number() }).optional(),
  latest: z
    .array(
      z.object({
        at: z.number(),
        instance: z.string().max(64).optional(),
        why: z.string().max(MOST_REASON_CHARACTERS).optional(),
      }),
    )
    .max(KEPT_FAILURES),
});

const poolsSchema = z.object({
  ...{ at: z.number(), handover: amount, coming: amount, boots: amount, bootSeconds: amount },
  refusals: z
    .array(
      z.object({
        pool: z.enum(POOL_NAMES),
        type: z.string().max(64).optional(),
        zone: z.string().max(64).optional(),
        until: z.number(),
      }),
    )
    .max(MOST_REFUSALS),
  ...{ resumes: amount.optional(), resumeSeconds: amount.optional() },
  stopped: z.object({ at: z.number(), count: amount }).optional(),
  bursts: z
    .object({
      ...{ at: z.number(), seconds: amount, weights: z.array(amount).max(SIZES.length) },
      now: z.object({ since: z.number(), inService: amount, most: amount }).optional(),
    })
    .optional(),
  shortAt: z.number().optional(),
  isReturning: z.boolean(),
  missingSince: z.object({ spot: z.number().optional(), onDemand: z.number().optional() }),
  lasting: z.array(z.object({ at: z.number(), count: amount })).max(MOST_LASTING),
});

export const itemSchema = z.object({
  version: z.literal(MEMORY_VERSION),
  policy: z.object({
    lastOutAt: z.number().optional(),
    lastInAt: z.number().optional(),
    cadence: z.object({ at: z.number(), saved: amount }).optional(),
    slo: sloSchema.optional(),
    bulk: z
      .object({
        flow: flowSchema,
        waiting: z.array(z.object({ at: z.number(), count: amount })).max(MOST_ARRIVALS),
      })
      .optional(),
    shortage: z
      .object({
        at: z.number(),
        since: z.number(),
        given: amount,
        confirmed: z.boolean(),
        surplus: z.object({ since: z.number(), most: amount }).optional(),
      })
      .optional(),
    bootFailure: bootFailureSchema.optional(),
    pools: poolsSchema.optional(),
    warmPool: z.object({ template: z.string().max(128), boots: bootFailureSchema }).optional(),
  }),
  recent: z.array(recordSchema).max(RECENT),
});

export const ledgerSchema = z.object({
  at: z.number(),
  perHour: amount,
  day: z.number().int().min(0),
  spent: amount,
  // Only the busy share needs these: a wrong one costs a figure of one tick, never the day's spending.
  inService: amount.catch(0),
  busySeconds: amount.nullable().catch(null),
});
/** What is left of a ledger that is not valid. */
export const spentSchema = z.object({ spent: amount });

export const reportsSchema = z.object({
  at: z.number(),
  backlog: amount.nullable(),
  ...workSchema.shape,
  serviceSeconds: z.number().positive().optional(),
  instances: z
    .array(
      z.object({
        instance: z.string().min(1).max(64),
        counters: workSchema.nullable(),
        busyCredit: amount,
        photoCredit: amount,
        photos: amount,
        photoSeconds: amount,
      }),
    )
    .max(MOST_REPORTERS),
});

const until = z.number().positive();
const expiring = z.strictObject({ until: until.optional() }).optional();
const limit = z.strictObject({ instances: z.number().int().min(0), until }).optional();
/** Strict: a misspelt control must not count as none. */
export const controlsSchema = z.strictObject({
  pauseScaleOut: expiring,
  pauseScaleIn: expiring,
  floor: limit,
  ceiling: limit,
  dryRun: expiring,
} satisfies Record<keyof Controls, z.ZodType>);
