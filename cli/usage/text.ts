/** A report of usage as a table, CSV and JSON, with the same numbers. */
import { ownerDigest } from '../../contract/webhook.ts';
import type { StackName } from '../shared/deployment.ts';
import { columns, duration, number, UNKNOWN, usd } from '../shared/format.ts';
import type { CallerUsage, UsageReport } from './report.ts';

export interface UsageRange {
  /** First and last day, in UTC. */
  from: string;
  to: string;
}

const grouped = (n: number | null): string => (n === null ? '-' : n.toLocaleString('en-US'));
const seconds = (n: number): string =>
  n.toLocaleString('en-US', { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const money = (value: number | null): string => (value === null ? UNKNOWN : usd(value));

const HEADS = ['caller', 'accepted', 'coloured', 'failed', 'seconds of work', 'estimate'];

const cellsOf = ({ caller, accepted, coloured, failed, workedSeconds, usd: price }: CallerUsage) => [
  caller,
  grouped(accepted),
  grouped(coloured),
  grouped(failed),
  seconds(workedSeconds),
  money(price),
];

function totalOf(callers: readonly CallerUsage[]): CallerUsage {
  const sum = (of: (one: CallerUsage) => number) => callers.reduce((all, one) => all + of(one), 0);
  return {
    caller: 'total',
    accepted: sum(({ accepted }) => accepted ?? 0),
    coloured: sum(({ coloured }) => coloured),
    failed: sum(({ failed }) => failed),
    workedSeconds: sum(({ workedSeconds }) => workedSeconds),
    untimed: sum(({ untimed }) => untimed),
    usd: callers.some((one) => one.usd === null) ? null : sum((one) => one.usd ?? 0),
  };
}

/** The caller at the left, numbers at the right of their columns. */
function table(rows: string[][]): string[] {
  const widths = HEADS.map((_, k) => Math.max(...rows.map((row) => (row[k] ?? '').length)));
  return columns(rows.map((row) => row.map((cell, k) => (k === 0 ? cell : cell.padStart(widths[k] ?? 0)))));
}

export function usageLines(
  report: UsageReport,
  { stage, stack, region }: StackName,
  { from, to }: UsageRange,
): string[] {
  const { callers, instances } = report;
  const title = `Usage of stage ${stage} (${stack}, ${region}), ${from} to ${to} UTC`;
  if (callers.length === 0) return [title, '', '  no photo of any such caller', '', ...costLines(instances)];
  const all = totalOf(callers);
  const rows = [HEADS, ...callers.map(cellsOf), ...(callers.length > 1 ? [cellsOf(all)] : [])];
  const untimed =
    all.untimed > 0
      ? [`${grouped(all.untimed)} outcomes have no seconds of work: they are in no estimate.`]
      : [];
  return [title, '', ...table(rows), '', ...untimed, ...costLines(instances)];
}

function costLines({ total, working, idle, unsplit, missingSeconds }: UsageReport['instances']): string[] {
  return [
    `Instances: ${usd(total)}, of which ${usd(working)} at work, shared among all callers by their seconds, and ${usd(idle)} idle, booting and draining, in no caller's estimate.`,
    ...(unsplit > 0 ? [`Of ${usd(unsplit)} no metric has how busy the instances were: in no estimate.`] : []),
    ...(missingSeconds > 0
      ? [`No metrics of ${duration(missingSeconds)}: what instances cost then is unknown.`]
      : []),
    'An estimate by list prices of the instances alone: no requests, storage, volumes or traffic.',
  ];
}

const fine = (value: number | null) => (value === null ? null : Number(number(value, 4)));

export const usageJson = (report: UsageReport, place: StackName, range: UsageRange) => ({
  command: 'usage',
  ...{ stage: place.stage, stack: place.stack, region: place.region, ...range },
  callers: report.callers.map((one) => ({
    ...one,
    workedSeconds: Math.round(1000 * one.workedSeconds) / 1000,
    usd: fine(one.usd),
    digest: ownerDigest(one.caller),
  })),
  days: report.days.map((one) => ({ ...one, usd: fine(one.usd) })),
  instances: {
    usd: fine(report.instances.total),
    workingUsd: fine(report.instances.working),
    idleUsd: fine(report.instances.idle),
    unsplitUsd: fine(report.instances.unsplit),
    missingSeconds: report.instances.missingSeconds,
  },
});

/** RFC 4180. A spreadsheet takes a cell that begins with one of these for a formula. */
const cell = (value: string | number | null): string => {
  const text = value === null ? '' : String(value);
  const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};

/** A line for each day and caller; empty cells are unknown. */
export function usageCsv({ days }: UsageReport): string[] {
  const rows = days.map(({ day, caller, accepted, coloured, failed, workedSeconds, untimed, usd: price }) => [
    ...[day, caller, accepted, coloured, failed, workedSeconds, untimed, fine(price)],
  ]);
  const heads = ['day', 'caller', 'accepted', 'coloured', 'failed', 'worked_seconds', 'untimed', 'usd'];
  return [heads, ...rows].map((row) => row.map(cell).join(','));
}
