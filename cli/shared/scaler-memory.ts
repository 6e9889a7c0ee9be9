/** Parses the scaler's item for the operator commands; damaged parts become messages, not errors. */
import { VIEW_ATTRIBUTE } from '../../contract/names.ts';
import { viewSchema } from '../../contract/view.ts';
import { fromItem } from '../../lambda/scaler/memory.ts';
import type { MemoryState, TickRecord } from '../../lambda/scaler/ports.ts';

export interface ScalerMemory {
  /** Latest ticks, oldest first. */
  recent: TickRecord[];
  /** Null when they are invalid; the scaler then holds the fleet. */
  controls: MemoryState['controls'] | null;
  ledger: MemoryState['ledger'];
  policy: MemoryState['policy'];
  /** Undefined when it is unknown. */
  tickSeconds: number | undefined;
  /** What is wrong with the item. */
  problems: string[];
}

type Item = Record<string, unknown>;

/** @param item undefined when there is none: the scaler has never run */
export function scalerMemoryOf(item: Item | undefined): ScalerMemory {
  const problems: string[] = [];
  const setAside = (why: string) =>
    void problems.push(`The scaler's memory is damaged or of another version: ${why.replace(/\n\s*/g, ' ')}`);
  let controls: ScalerMemory['controls'] = {};
  let state: MemoryState;
  try {
    state = fromItem(item, setAside);
    controls = state.controls;
  } catch (error) {
    controls = null;
    const why = (error as Error).message.replace(/\n\s*/g, ' ');
    problems.push(`The scaler holds the fleet, because its controls are invalid: ${why}`);
    state = fromItem({ ...item, controls: {} }, setAside);
  }
  const { recent, ledger, policy } = state;
  return { recent, controls, ledger, policy, tickSeconds: tickSecondsOf(item, recent), problems };
}

function tickSecondsOf(item: Item | undefined, recent: TickRecord[]): number | undefined {
  const view = viewSchema.safeParse(item?.[VIEW_ATTRIBUTE]);
  if (view.success) return view.data.tickSeconds;
  const gaps = recent.slice(1).map(({ at }, k) => at - (recent[k]?.at ?? at));
  const whole = gaps.filter((gap) => gap >= 1);
  return whole.length > 0 ? Math.min(...whole) : undefined;
}

/** The schedule's period: an invocation that is lost takes its ticks with it. */
const PERIOD_SECONDS = 60;

/** Whether the scaler seems to have stopped ticking. */
export const isStale = (ageSeconds: number, tickSeconds = PERIOD_SECONDS): boolean =>
  ageSeconds > PERIOD_SECONDS + 2 * tickSeconds;

const DAY_SECONDS = 86_400;

/** @returns USD since midnight UTC, as of `at`; undefined before the day's first tick */
export function spentToday(
  { ledger }: Pick<ScalerMemory, 'ledger'>,
  now: number,
): { today: number; perHour: number; at: number } | undefined {
  if (!ledger || ledger.day !== Math.floor(now / DAY_SECONDS)) return undefined;
  return { today: ledger.spent, perHour: ledger.perHour, at: ledger.at };
}
