/** The scaler's memory from and to its stored item. */
import { z } from 'zod';
import { controlsSchema, itemSchema, ledgerSchema, MEMORY_VERSION } from './memory-schema.ts';
import type { Controls } from './policy/controls.ts';
import type { MemoryState } from './ports.ts';

export const emptyMemory = (): MemoryState => ({ policy: {}, recent: [], controls: {} });

/** @throws Error naming each value that is not allowed */
function controlsOf(item: unknown): Controls {
  const given = typeof item === 'object' && item !== null && 'controls' in item ? item.controls : {};
  const parsed = controlsSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new Error(`controls ${JSON.stringify(given)}: ${z.prettifyError(parsed.error)}`);
}

/** Apart from the rest: when the policy's memory is discarded, the day's spending stays. */
function ledgerOf(item: unknown, discarded: (why: string) => void): Pick<MemoryState, 'ledger'> {
  if (typeof item !== 'object' || item === null || !('ledger' in item)) return {};
  const parsed = ledgerSchema.safeParse(item.ledger);
  if (parsed.success) return { ledger: parsed.data };
  discarded(`ledger: ${z.prettifyError(parsed.error)}`);
  return {};
}

/**
 * The memory in an item. One that is damaged, or that another version wrote, is discarded: a cold start costs a hold
 * time, a wrong memory could cost the fleet. Controls are the operator's and never discarded: one that is not valid is
 * an error, and holds the fleet until it is fixed.
 *
 * @param discarded called with the reason; not for an item that holds only a lease
 * @throws Error naming each control that is not valid
 */
export function fromItem(item: unknown, discarded: (why: string) => void = () => {}): MemoryState {
  const controls = controlsOf(item);
  const ledger = ledgerOf(item, discarded);
  const parsed = itemSchema.safeParse(item);
  if (parsed.success) {
    const { policy, recent } = parsed.data;
    return { policy, recent, ...ledger, controls };
  }
  const holds =
    typeof item === 'object' && item !== null && ['version', 'policy', 'recent'].some((k) => k in item);
  if (holds) discarded(z.prettifyError(parsed.error));
  return { ...emptyMemory(), ...ledger, controls };
}

/** DynamoDB refuses an item with a number closer to zero than 1e-130. */
const LEAST = 1e-100;

/** The same with 0 for numbers next to 0: weights of unlikely hypotheses, means that faded for weeks. */
function storable<T>(value: T): T {
  if (typeof value === 'number') return (Math.abs(value) < LEAST ? 0 : value) as T;
  if (Array.isArray(value)) return value.map(storable) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, storable(one)])) as T;
}

/** Attributes of the item, without its key, lease and controls. */
export const toItem = ({ policy, recent, ledger }: Omit<MemoryState, 'controls'>) =>
  storable({
    version: MEMORY_VERSION,
    policy,
    recent,
    ...(ledger ? { ledger } : {}),
  });
