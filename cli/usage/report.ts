/** Usage by caller, with each one's part of what the instances' work cost. */
import type { UsageRow } from '../../contract/usage.ts';
import type { DaySpending } from './spending.ts';

/** A row with its part of the day's work by its part of the day's seconds; null where the day's cost is unknown. */
export interface PricedRow extends UsageRow {
  usd: number | null;
}

export type CallerUsage = Omit<PricedRow, 'day'>;

export interface UsageReport {
  /** By caller, the one with the most seconds first. */
  callers: CallerUsage[];
  /** By day, then as the callers. */
  days: PricedRow[];
  /** USD of all instances in the range. */
  instances: {
    total: number;
    working: number;
    /** Idle, booting and draining. */
    idle: number;
    unsplit: number;
    missingSeconds: number;
  };
}

/** @param caller the only one to report. @default all */
export function usageReport(
  rows: readonly UsageRow[],
  spending: ReadonlyMap<string, DaySpending>,
  caller?: string,
): UsageReport {
  // Of all callers, whichever is reported.
  const secondsOfDay = new Map<string, number>();
  for (const { day, workedSeconds } of rows)
    secondsOfDay.set(day, (secondsOfDay.get(day) ?? 0) + workedSeconds);
  const priced = rows
    .filter((row) => caller === undefined || row.caller === caller)
    .map((row) => ({ ...row, usd: priceOf(row, secondsOfDay.get(row.day) ?? 0, spending.get(row.day)) }));
  const callers = sumsByCaller(priced);
  const rank = new Map(callers.map((one, k) => [one.caller, k]));
  const days = priced.toSorted(
    (a, b) => a.day.localeCompare(b.day) || (rank.get(a.caller) ?? 0) - (rank.get(b.caller) ?? 0),
  );
  const sum = (of: keyof DaySpending) => [...spending.values()].reduce((all, one) => all + one[of], 0);
  const [total, working, unsplit, missingSeconds] = [
    sum('total'),
    sum('working'),
    sum('unsplit'),
    sum('missingSeconds'),
  ];
  // Of a fleet that never rested, rounding would leave less than nothing.
  const idle = Math.max(0, total - working - unsplit);
  return { callers, days, instances: { total, working, idle, unsplit, missingSeconds } };
}

function priceOf({ workedSeconds }: UsageRow, all: number, spending: DaySpending | undefined): number | null {
  if (workedSeconds === 0) return 0;
  // Work without any cost of instances: the metrics are missing, or not there yet.
  if (!spending || spending.working === 0) return null;
  return (spending.working * workedSeconds) / all;
}

const plus = (a: number | null, b: number | null) => (a === null || b === null ? null : a + b);

function sumsByCaller(rows: readonly PricedRow[]): CallerUsage[] {
  const sums = new Map<string, CallerUsage>();
  for (const { day: _, ...row } of rows) {
    const sum = sums.get(row.caller);
    sums.set(
      row.caller,
      sum
        ? {
            caller: row.caller,
            accepted: plus(sum.accepted, row.accepted),
            coloured: sum.coloured + row.coloured,
            failed: sum.failed + row.failed,
            workedSeconds: sum.workedSeconds + row.workedSeconds,
            untimed: sum.untimed + row.untimed,
            usd: plus(sum.usd, row.usd),
          }
        : row,
    );
  }
  return [...sums.values()].sort(
    (a, b) => b.workedSeconds - a.workedSeconds || a.caller.localeCompare(b.caller),
  );
}
