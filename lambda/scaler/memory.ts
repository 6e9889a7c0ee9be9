/** The scaler's one item: its shape, and the way to and from it. */
import { z } from 'zod';
import { REASONS } from './policy.ts';
import type { MemoryState } from './tick.ts';

export const MEMORY_VERSION = 1;

const count = z.number().nullable();
const recordSchema = z.object({
  at: z.number(),
  reason: z.enum(REASONS),
  desired: count,
  visible: count,
  inFlight: count,
  inService: count,
  pending: count,
  need: count,
});

const itemSchema = z.object({
  version: z.literal(MEMORY_VERSION),
  policy: z.object({
    lastOutAt: z.number().optional(),
    lastInAt: z.number().optional(),
    needs: z.array(z.object({ at: z.number(), need: z.number() })).optional(),
  }),
  recent: z.array(recordSchema),
});

export const emptyMemory = (): MemoryState => ({ policy: {}, recent: [] });

/**
 * What an item says. One that is damaged, or was written by another version, counts as no memory: a cold start costs a
 * hold time, a false memory could cost the fleet.
 */
export function fromItem(item: unknown): MemoryState {
  const parsed = itemSchema.safeParse(item);
  return parsed.success ? { policy: parsed.data.policy, recent: parsed.data.recent } : emptyMemory();
}

/** Attributes of the item, apart from its key and the lease. */
export const toItem = ({ policy, recent }: MemoryState) => ({ version: MEMORY_VERSION, policy, recent });
