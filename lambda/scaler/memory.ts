/** The scaler's one item: its shape, and the way to and from it. */
import { z } from 'zod';
import { REASONS } from './policy.ts';
import { RECENT, type MemoryState } from './tick.ts';

export const MEMORY_VERSION = 1;

const count = z.number().nullable();
const recordSchema = z.object({
  at: z.number(),
  reason: z.enum(REASONS),
  need: count,
  visible: count,
  inFlight: count,
  desired: count,
  inService: count,
  pending: count,
  draining: count,
  min: count,
  max: count,
});

const itemSchema = z.object({
  version: z.literal(MEMORY_VERSION),
  policy: z.object({
    lastOutAt: z.number().optional(),
    lastInAt: z.number().optional(),
    needs: z.array(z.object({ at: z.number(), need: z.number() })).optional(),
  }),
  recent: z.array(recordSchema).max(RECENT),
});

export const emptyMemory = (): MemoryState => ({ policy: {}, recent: [] });

/**
 * What an item says. One that is damaged, or was written by another version, is set aside as no memory: a cold start
 * costs a hold time, a false memory could cost the fleet.
 *
 * @param setAside is told why, in words for a log; not called for an item that holds nothing but a lease
 */
export function fromItem(item: unknown, setAside: (why: string) => void = () => {}): MemoryState {
  const parsed = itemSchema.safeParse(item);
  if (parsed.success) return { policy: parsed.data.policy, recent: parsed.data.recent };
  const holds =
    typeof item === 'object' && item !== null && ['version', 'policy', 'recent'].some((k) => k in item);
  if (holds) setAside(z.prettifyError(parsed.error));
  return emptyMemory();
}

/** Attributes of the item, apart from its key and the lease. */
export const toItem = ({ policy, recent }: MemoryState) => ({ version: MEMORY_VERSION, policy, recent });
