/** What the scaler remembers, as an operator needs it: damaged parts are told, not thrown. */
import { VIEW_ATTRIBUTE } from '../../contract/names.ts';
import { viewSchema } from '../../contract/view.ts';
import { fromItem } from '../../lambda/scaler/memory.ts';
import type { MemoryState, TickRecord } from '../../lambda/scaler/ports.ts';

export interface ScalerMemory {
  /** Latest ticks, oldest first. */
  recent: TickRecord[];
  /** Null when nobody can understand them: the scaler holds the fleet then. */
  controls: MemoryState['controls'] | null;
  ledger: MemoryState['ledger'];
  policy: MemoryState['policy'];
  /** Undefined where nothing tells. */
  tickSeconds: number | undefined;
  /** What is wrong with it, for people. */
  troubles: string[];
}

type Item = Record<string, unknown>;

/** @param item undefined when there is none: the scaler has never run */
export function scalerMemoryOf(item: Item | undefined): ScalerMemory {
  const troubles: string[] = [];
  const setAside = (why: string) =>
    void troubles.push(
      `The scaler's memory is damaged, or of another version: ${why.replace(/\n\s*/g, ' ')}`,
    );
  let controls: ScalerMemory['controls'] = {};
  let state: MemoryState;
  try {
    state = fromItem(item, setAside);
    controls = state.controls;
  } catch (error) {
    controls = null;
    const why = (error as Error).message.replace(/\n\s*/g, ' ');
    troubles.push(`The scaler holds the fleet, since it does not understand these controls: ${why}`);
    state = fromItem({ ...item, controls: {} }, setAside);
  }
  const { recent, ledger, policy } = state;
  return { recent, controls, ledger, policy, tickSeconds: tickSecondsOf(item, recent), troubles };
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

/** Whether nobody seems to be sizing the fleet any more. */
export const isStale = (ageSeconds: number, tickSeconds = PERIOD_SECONDS): boolean =>
  ageSeconds > PERIOD_SECONDS + 2 * tickSeconds;

const DAY_SECONDS = 86_400;

/** USD since midnight UTC, up to when it was reckoned; undefined while nobody has reckoned it today. */
export function spentToday(
  { ledger }: Pick<ScalerMemory, 'ledger'>,
  now: number,
): { today: number; perHour: number; at: number } | undefined {
  if (!ledger || ledger.day !== Math.floor(now / DAY_SECONDS)) return undefined;
  return { today: ledger.spent, perHour: ledger.perHour, at: ledger.at };
}
