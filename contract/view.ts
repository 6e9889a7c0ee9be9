/** What the scaler publishes for other readers at each tick that read the queue: enough to estimate a photo's wait. */
import { z } from 'zod';

const count = z.number().min(0);

/** Why the scaler requests no instance, whatever waits: an operator's control, or the day's budget is spent. */
export const STOPS = ['dry-run', 'paused', 'ceiling', 'over-budget'] as const;

export const viewSchema = z.object({
  /** Epoch seconds. */
  at: z.number(),
  /** Seconds between two ticks. */
  tickSeconds: z.number().positive(),
  /** Messages of the interactive lane. */
  visible: count,
  inFlight: count,
  /** Of those visible, the sidelined ones. @default none */
  sidelined: count.optional(),
  /** The bulk lane; the other counts of messages are without it. @default there is no such lane */
  bulk: z
    .object({
      visible: count,
      inFlight: count,
      /** When the oldest of its photos is due, epoch seconds. @default it has none */
      dueAt: z.number().optional(),
      /** Busy seconds of an instance per photo, measured. @default unknown */
      serviceSeconds: z.number().positive().optional(),
      /** Its photos without an outcome, oldest first: those that came from the tick at `at` to the next. @default unknown */
      waiting: z.array(z.object({ at: z.number(), count: count })).optional(),
    })
    .optional(),
  inService: count,
  /** Capacity on its way, soonest first: instances, and when they are expected, a boot after their request; epoch seconds. */
  coming: z.array(z.object({ count: count, readyAt: z.number() })),
  /** Measured; null under a policy that does not measure it. */
  arrivalsPerSecond: count.nullable(),
  /** Busy seconds of an instance per photo, measured; null likewise. */
  serviceSeconds: z.number().positive().nullable(),
  /** From requesting an instance to its service, measured; null likewise. */
  bootSeconds: z.number().positive().nullable(),
  /** Boots in that mean, and photos in the service time, besides a first guess; earlier ones with less weight. @default 0 */
  bootsMeasured: count.optional(),
  photosMeasured: count.optional(),
  /**
   * What the rule requests for more photos: `beside` instances and `perQueued` for each that will wait when they are ready, at most `max` in all.
   *
   * @default no more than is requested
   */
  sizing: z.object({ desired: count, beside: z.number(), perQueued: count, max: count }).optional(),
  /** Absent while it requests what the work needs. */
  stopped: z.enum(STOPS).optional(),
  /**
   * Earlier ticks, oldest first, with this one: messages visible and in flight, and photos finished since the workers'
   * first report; null before it.
   */
  history: z.array(z.object({ at: z.number(), backlog: count, completed: count.nullable() })),
});

export type View = z.infer<typeof viewSchema>;

/** A few failed ticks are normal; an older view is from before an outage of the scaler, and need not hold any more. */
const STALE_TICKS = 10;

/** @param now epoch seconds @returns the view while it is recent */
export const recentView = <T extends Pick<View, 'at' | 'tickSeconds'>>(view: T | undefined, now: number) =>
  view && now - view.at <= STALE_TICKS * view.tickSeconds ? view : undefined;
