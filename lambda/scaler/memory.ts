/** The scaler's memory from and to its stored item. */
import { z } from 'zod';
import {
  controlsSchema,
  itemSchema,
  ledgerSchema,
  MEMORY_VERSION,
  reportsSchema,
  spentSchema,
} from './memory-schema.ts';
import type { Controls } from './policy/controls.ts';
import type { MemoryState } from './ports.ts';

export const emptyMemory = (): MemoryState => ({ policy: {}, recent: [], controls: {} });

const partOf = (item: unknown, name: string): unknown =>
  typeof item === 'object' && item !== null ? (item as Record<string, unknown>)[name] : undefined;

/** @throws Error naming each value that is not allowed */
function controlsOf(item: unknown): Controls {
  const given = partOf(item, 'controls') ?? {};
  const parsed = controlsSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new Error(`controls ${JSON.stringify(given)}: ${z.prettifyError(parsed.error)}`);
}

type Parts = Pick<MemoryState, 'ledger' | 'lostSpending' | 'reports'>;

/** Each apart from the rest: when the policy's memory is discarded, the day's spending stays. */
function partsOf(item: unknown, discarded: (why: string) => void): Parts {
  const parts: Parts = {};
  const [ledger, reports] = [partOf(item, 'ledger'), partOf(item, 'reports')];
  if (ledger !== undefined) {
    const parsed = ledgerSchema.safeParse(ledger);
    if (parsed.success) parts.ledger = parsed.data;
    else {
      parts.lostSpending = spentSchema.safeParse(ledger).data?.spent ?? 0;
      discarded(`ledger: ${z.prettifyError(parsed.error)}`);
    }
  }
  if (reports !== undefined) {
    const parsed = reportsSchema.safeParse(reports);
    if (parsed.success) parts.reports = parsed.data;
    else discarded(`reports: ${z.prettifyError(parsed.error)}`);
  }
  return parts;
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
  const parts = partsOf(item, discarded);
  const parsed = itemSchema.safeParse(item);
  if (parsed.success) {
    const { policy, recent } = parsed.data;
    return { policy, recent, ...parts, controls };
  }
  const holds = ['version', 'policy', 'recent'].some((name) => partOf(item, name) !== undefined);
  if (holds) discarded(z.prettifyError(parsed.error));
  return { ...emptyMemory(), ...parts, controls };
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

/** The first number that the table cannot hold, with its path; undefined without one. */
function unstorable(value: unknown, path: string): string | undefined {
  if (typeof value === 'number')
    return Math.abs(value) <= Number.MAX_SAFE_INTEGER ? undefined : `${path} is ${value}`;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, one] of Object.entries(value)) {
    const found = unstorable(one, `${path}.${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * Attributes of the item, without its key, lease and controls. One with a number that the table cannot hold is left out,
 * so that it does not keep the others from being saved; the stored one stays.
 *
 * @param leftOut called with the number
 */
export function toItem(
  { policy, recent, ledger, reports }: Omit<MemoryState, 'controls'>,
  leftOut: (why: string) => void = () => {},
) {
  const parts = { policy, recent, ...(ledger ? { ledger } : {}), ...(reports ? { reports } : {}) };
  const kept = Object.entries(parts).filter(([name, value]) => {
    const found = unstorable(value, name);
    if (found !== undefined) leftOut(found);
    return found === undefined;
  });
  return { version: MEMORY_VERSION, ...storable(Object.fromEntries(kept) as Partial<typeof parts>) };
}
