/** `ddcolor-elastic usage`: photos, seconds of work and an estimate of their cost, by caller. */
import { InvalidArgumentError, Option } from 'commander';
import type { CommandLine } from '../../common/command-line.ts';
import { EXIT, UsageError, UserError } from '../../common/errors.ts';
import { printJson, printLines } from '../../common/terminal.ts';
import { USAGE_DAYS, usageDay } from '../../contract/usage.ts';
import { deploymentOf, outputsOf } from '../shared/deployment.ts';
import { interruptible } from '../shared/interruptible.ts';
import { targetOf, withTarget, type TargetOptions } from '../shared/target.ts';
import { usageReport } from './report.ts';
import { segmentsOf, spendingByDay, type Segment } from './spending.ts';
import { usageCsv, usageJson, usageLines } from './text.ts';

interface UsageOptions extends TargetOptions {
  from?: string;
  to?: string;
  caller?: string;
  csv?: boolean;
}

const DAY_SECONDS = 86_400;

/** @throws InvalidArgumentError for another text than a day that exists */
export function day(text: string): string {
  const at = Date.parse(text);
  if (/^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(at) && usageDay(at / 1000) === text) return text;
  throw new InvalidArgumentError('Expected a day in UTC, such as 2026-11-29.');
}

/**
 * The days of a range, the last one included.
 *
 * @param now epoch seconds
 * @throws UsageError
 */
export function daysOf({ from, to }: Pick<UsageOptions, 'from' | 'to'>, now: number): string[] {
  const today = usageDay(now);
  const last = to ?? today;
  const first = from ?? `${last.slice(0, 7)}-01`;
  if (last > today) throw new UsageError(`--to ${last} is in the future: today is ${today} in UTC.`);
  if (first > last) throw new UsageError(`--from ${first} is after --to ${last}.`);
  const [start, end] = [Date.parse(first) / 1000, Date.parse(last) / 1000];
  const days = (end - start) / DAY_SECONDS + 1;
  if (days > USAGE_DAYS)
    throw new UsageError(`--from ${first} --to ${last} are ${days} days: at most ${USAGE_DAYS} are kept.`);
  return Array.from({ length: days }, (_, k) => usageDay(start + k * DAY_SECONDS));
}

export const define = (command: CommandLine): CommandLine =>
  withTarget(
    command
      .description(
        'Photos announced, coloured and failed, seconds of work and an estimate of what these cost, by caller of the HTTP API. Of a stage with usage: true.',
      )
      .addOption(
        new Option('--from <day>', 'first day, in UTC (default: the first of the month of --to)').argParser(
          day,
        ),
      )
      .addOption(new Option('--to <day>', 'last day, in UTC (default: today)').argParser(day))
      .option('--caller <name>', 'only this one, as the table names it, such as jwt:SUB or group:NAME')
      .addOption(new Option('--csv', 'print a line for each day and caller').conflicts('json')),
  )
    .notes(
      `Example: ddcolor-elastic usage --stage prod --from 2026-11-01 --to 2026-11-30 --csv

Exit codes: 0; 1 no such stage, or one without usage; 2 wrong command line; 3 AWS could not be reached; 130 interrupted.
IAM: cloudformation:DescribeStacks, dynamodb:Query on the table of usage, cloudwatch:GetMetricData.`,
    )
    .runs(usage);

const usage = ({ from, to, caller, csv, json, ...options }: UsageOptions): Promise<number> =>
  interruptible(async ({ signal }) => {
    const now = Date.now() / 1000;
    const days = daysOf({ ...(from && { from }), ...(to && { to }) }, now);
    const place = await deploymentOf(targetOf(options));
    const { UsageTableName: table } = await outputsOf(place, signal);
    if (table === undefined)
      throw new UserError(
        `stage '${place.stage}' counts no usage: set outcomeEvents and usage of the stage to true, and deploy (docs/usage.md).`,
      );
    const [first = '', last = ''] = [days[0], days.at(-1)];
    const until = Math.min(Date.parse(last) / 1000 + DAY_SECONDS, now);
    const segments = segmentsOf(Date.parse(first) / 1000, until, now);
    const { readSpending, readUsage } = await import('./aws.ts');
    const spendingOf = async (segment: Segment) => ({
      ...segment,
      series: await readSpending(place, segment, signal),
    });
    const [rows, parts] = await Promise.all([
      readUsage(place, table, days, signal),
      Promise.all(segments.map(spendingOf)),
    ]);
    const report = usageReport(rows, spendingByDay(parts), caller);
    if (json) printJson(usageJson(report, place, { from: first, to: last }));
    else if (csv) printLines(usageCsv(report));
    else printLines(usageLines(report, place, { from: first, to: last }));
    return EXIT.done;
  });
