/** What the scaler publishes for others with each tick that saw something: enough to say how long a photo will wait. */
import { z } from 'zod';

const count = z.number().min(0);

export const viewSchema = z.object({
  /** When it was seen, epoch seconds. */
  at: z.number(),
  /** Seconds between two ticks. */
  tickSeconds: z.number().positive(),
  visible: count,
  inFlight: count,
  inService: count,
  /** Capacity on its way, soonest first: instances, and when they should be in service, epoch seconds. */
  coming: z.array(z.object({ count: count, readyAt: z.number() })),
  /** Measured; null under a policy that does not measure it. */
  arrivalsPerSecond: count.nullable(),
  /** Busy seconds of an instance for one photo, measured; null likewise. */
  serviceSeconds: z.number().positive().nullable(),
  /** From asking for an instance to its service, measured; null likewise. */
  bootSeconds: z.number().positive().nullable(),
  /**
   * Earlier looks, oldest first, this one included: photos there (visible and in flight), and photos finished since workers
   * began to report; null where nobody has.
   */
  history: z.array(z.object({ at: z.number(), backlog: count, completed: count.nullable() })),
});

export type View = z.infer<typeof viewSchema>;
