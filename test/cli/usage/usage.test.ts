/** Usage: which day's cost becomes whose, and what the command prints. */
import { describe, expect, it } from 'vitest';
import { usageReport } from '../../../cli/usage/report.ts';
import {
  segmentsOf,
  spendingByDay,
  type DaySpending,
  type SpendingSeries,
} from '../../../cli/usage/spending.ts';
import { usageCsv, usageJson, usageLines } from '../../../cli/usage/text.ts';
import { day, daysOf } from '../../../cli/usage/main.ts';
import { usageCaller, usageDay, type UsageRow } from '../../../contract/usage.ts';

const DAY = '2026-11-29';
const AT = Date.parse(DAY) / 1000;
const where = { stage: 'dev', stack: 'DDColorElastic-dev', region: 'us-east-1' };

const row = (caller: string, workedSeconds: number, more: Partial<UsageRow> = {}): UsageRow => ({
  ...{ day: DAY, caller, accepted: 10, coloured: 8, failed: 1, workedSeconds, untimed: 0, ...more },
});
const spent = (working: number, more: Partial<DaySpending> = {}): DaySpending => ({
  ...{ total: 10, working, unsplit: 0, missingSeconds: 0, ...more },
});

describe('the cost of a day', () => {
  const HOUR = 3600;
  /** Of one period each, from the beginning of the day on; undefined without a metric. */
  type Published = {
    perHour?: number;
    busy?: number;
    inService?: number;
    pending?: number;
    draining?: number;
  };
  const seriesOf = (published: Published[]): SpendingSeries => {
    const of = (name: keyof Published) =>
      new Map(published.flatMap((one, k) => (one[name] === undefined ? [] : [[AT + k * HOUR, one[name]]])));
    return {
      ...{ perHour: of('perHour'), busyPercent: of('busy'), inService: of('inService') },
      ...{ pending: of('pending'), draining: of('draining') },
    };
  };

  it.each<[what: string, published: Published[], hours: number, expected: Partial<DaySpending>]>([
    ['half busy', [{ perHour: 4, busy: 50, inService: 4 }], 1, { total: 4, working: 2 }],
    ['of the hour so far', [{ perHour: 4, busy: 50, inService: 4 }], 0.25, { total: 1, working: 0.5 }],
    [
      'with as many on their way',
      [{ perHour: 4, busy: 50, inService: 2, pending: 1, draining: 1 }],
      1,
      { working: 1 },
    ],
    ['that boots only', [{ perHour: 4, inService: 0, pending: 4 }], 1, { total: 4, working: 0, unsplit: 0 }],
    [
      'of whose GPUs nothing is known',
      [{ perHour: 4, inService: 4 }],
      1,
      { total: 4, working: 0, unsplit: 4 },
    ],
    ['of which nothing is known', [{ busy: 50, inService: 4 }], 1, { total: 0, missingSeconds: HOUR }],
    ['asleep', [{ perHour: 0, inService: 0 }], 1, { total: 0, working: 0, missingSeconds: 0 }],
    [
      'of each period by itself',
      [
        { perHour: 10, busy: 100, inService: 10 },
        { perHour: 1, busy: 0, inService: 1 },
      ],
      2,
      { total: 11, working: 10 },
    ],
  ])('of a fleet %s', (_what, published, hours, expected) => {
    const days = spendingByDay([
      { from: AT, until: AT + hours * HOUR, period: HOUR, series: seriesOf(published) },
    ]);
    expect([...days.keys()]).toEqual([DAY]);
    expect(days.get(DAY)).toMatchObject(expected);
  });

  it('is of the day of its period', () => {
    const days = spendingByDay([{ from: AT, until: AT + 30 * HOUR, period: HOUR, series: seriesOf([]) }]);
    expect([...days].map(([day, { missingSeconds }]) => [day, missingSeconds])).toEqual([
      [DAY, 24 * HOUR],
      ['2026-11-30', 6 * HOUR],
    ]);
  });

  it.each<[days: number, segments: [hours: number, period: number][]]>([
    [1, [[12, 60]]],
    [14, [[13.5 * 24, 60]]],
    [
      15,
      [
        [14 * 24, 60],
        [12, 300],
      ],
    ],
    [
      100,
      [
        [14 * 24, 60],
        [46 * 24, 300],
        [39.5 * 24, 3600],
      ],
    ],
  ])('of %d days is read in the finest periods that CloudWatch keeps', (days, expected) => {
    const now = AT + 12 * HOUR;
    const segments = segmentsOf(AT - (days - 1) * 24 * HOUR, now, now);
    expect(segments.map(({ from, until, period }) => [(until - from) / HOUR, period])).toEqual(expected);
    for (const [k, { from }] of segments.slice(0, -1).entries()) expect(segments[k + 1]?.until).toBe(from);
  });

  it('is read in whole periods, whatever the minute', () => {
    const now = AT + 12 * HOUR + 754.3;
    const [minutes, longer, hours] = segmentsOf(AT - 99 * 24 * HOUR, now, now);
    expect([minutes, longer, hours].map((one) => one!.from % HOUR)).toEqual([0, 0, 0]);
    // CloudWatch still has the oldest one of each kind.
    expect(now - minutes!.from).toBeLessThanOrEqual(14 * 24 * HOUR);
    expect(now - longer!.from).toBeLessThanOrEqual(60 * 24 * HOUR);
  });
});

describe('what work costs', () => {
  it('is shared by seconds, day by day', () => {
    const rows = [row('jwt:a', 30), row('jwt:b', 10), row('jwt:a', 5, { day: '2026-11-30' })];
    const { callers, days, instances } = usageReport(
      rows,
      new Map([
        [DAY, spent(8)],
        ['2026-11-30', spent(3, { total: 3 })],
      ]),
    );
    expect(callers.map(({ caller, usd, workedSeconds }) => [caller, usd, workedSeconds])).toEqual([
      ['jwt:a', 6 + 3, 35],
      ['jwt:b', 2, 10],
    ]);
    expect(callers[0]).toMatchObject({ accepted: 20, coloured: 16, failed: 2 });
    expect(days.map(({ day, caller }) => `${day} ${caller}`)).toEqual([
      `${DAY} jwt:a`,
      `${DAY} jwt:b`,
      '2026-11-30 jwt:a',
    ]);
    expect(instances).toEqual({ total: 13, working: 11, idle: 2, unsplit: 0, missingSeconds: 0 });
  });

  it('of one caller is the same with the others left out', () => {
    const rows = [row('jwt:a', 30), row('direct', 10, { accepted: null }), row('direct-debit', 0)];
    const { callers, days } = usageReport(rows, new Map([[DAY, spent(8)]]), 'direct');
    expect(callers).toMatchObject([{ caller: 'direct', accepted: null, usd: 2 }]);
    expect(days).toHaveLength(1);
  });

  it('is unknown of a caller with a day that is unknown, whose other numbers are sums', () => {
    const later = { day: '2026-11-30', untimed: 2 };
    const rows = [row('a', 1, { untimed: 3 }), row('a', 1, later), row('direct', 1, { accepted: null })];
    const { callers } = usageReport([...rows, row('direct', 1, { ...later, accepted: null })], new Map());
    expect(callers).toMatchObject([
      { caller: 'a', accepted: 20, untimed: 5, usd: null },
      { caller: 'direct', accepted: null, usd: null },
    ]);
    const half = usageReport(rows, new Map([[DAY, spent(4)]]));
    expect(half.callers).toMatchObject([
      { caller: 'a', usd: null },
      { caller: 'direct', usd: 2 },
    ]);
  });

  it.each<[working: number, unsplit: number, idle: number]>([
    [4, 0, 6],
    [4, 5, 1],
    [10.000001, 0, 0],
  ])('of USD 10 has %d at work, %d of which nothing is known, and %d idle', (working, unsplit, idle) => {
    const { instances } = usageReport([], new Map([[DAY, spent(working, { unsplit })]]));
    expect(instances).toMatchObject({ total: 10, working, unsplit, idle });
  });

  it.each<[what: string, spending: [string, DaySpending][], seconds: number, usd: number | null]>([
    ['of a day without metrics is unknown', [], 5, null],
    ['of work that no metric has seen is unknown', [[DAY, spent(0)]], 5, null],
    ['of no work is nothing', [], 0, 0],
  ])('%s', (_what, spending, seconds, usd) => {
    expect(usageReport([row('a', seconds)], new Map(spending)).callers).toMatchObject([{ usd }]);
  });
});

describe('the output', () => {
  const report = usageReport(
    [row('jwt:ann', 3000.25, { accepted: 1204 }), row('direct', 1000, { accepted: null, untimed: 3 })],
    new Map([[DAY, spent(8, { missingSeconds: 7200 })]]),
  );
  const range = { from: DAY, to: DAY };

  it('is a table with totals, the idle part and what is unknown', () => {
    expect(usageLines(report, where, range)).toEqual([
      'Usage of stage dev (DDColorElastic-dev, us-east-1), 2026-11-29 to 2026-11-29 UTC',
      '',
      '  caller   accepted  coloured  failed  seconds of work  estimate',
      '  jwt:ann     1,204         8       1          3,000.3  USD 6.00',
      '  direct          -         8       1          1,000.0  USD 2.00',
      '  total       1,204        16       2          4,000.3  USD 8.00',
      '',
      '3 outcomes have no seconds of work: they are in no estimate.',
      "Instances: USD 10.00, of which USD 8.00 at work, shared among all callers by their seconds, and USD 2.00 idle, booting and draining, in no caller's estimate.",
      'No metrics of 2 h: what instances cost then is unknown.',
      'An estimate by list prices of the instances alone: no requests, storage, volumes or traffic.',
    ]);
    expect(usageLines({ ...report, callers: [] }, where, range)[2]).toBe('  no photo of any such caller');
  });

  it('has no total of one caller, none of USD where a part is unknown, and what no metric has split', () => {
    const one = usageReport([row('jwt:ann', 2)], new Map([[DAY, spent(4, { unsplit: 5 })]]));
    const lines = usageLines(one, where, range);
    expect(lines.filter((line) => line.includes('total'))).toEqual([]);
    expect(lines).toContain('Of USD 5.00 no metric has how busy the instances were: in no estimate.');
    const unknown = usageReport(
      [row('jwt:ann', 2), row('jwt:bob', 1), row('jwt:ann', 2, { day: '2026-11-30' })],
      new Map([[DAY, spent(3)]]),
    );
    const cells = usageLines(unknown, where, range).slice(3, 6);
    expect(cells.map((line) => line.split(/ {2,}/).at(-1))).toEqual(['unknown', 'USD 1.00', 'unknown']);
  });

  it('is CSV with empty cells for what is unknown, and no formula for a spreadsheet', () => {
    const csv = usageCsv(
      usageReport([row('jwt:a,"b"', 1), row('=HYPERLINK()', 2, { accepted: null })], new Map()),
    );
    const callerCell = (caller: string) => usageCsv(usageReport([row(caller, 0)], new Map()))[1];
    for (const first of ['+', '-', '@', '\t']) expect(callerCell(`${first}1`)).toContain(`,'${first}1,10,8,`);
    expect(callerCell('a\nb')).toContain(',"a\nb",10,');
    expect(callerCell('\r=1')).toContain(`,"'\r=1",10,`);
    expect(csv).toEqual([
      'day,caller,accepted,coloured,failed,worked_seconds,untimed,usd',
      `${DAY},'=HYPERLINK(),,8,1,2,0,`,
      `${DAY},"jwt:a,""b""",10,8,1,1,0,`,
    ]);
  });

  it('is JSON with the same numbers, and the digest that the log has', () => {
    const json = usageJson(report, where, range);
    expect(json.callers).toMatchObject([
      { caller: 'jwt:ann', usd: 6.0001 },
      { caller: 'direct', usd: 1.9999 },
    ]);
    expect(json.callers[0]?.digest).toMatch(/^[0-9a-f]{32}$/);
    expect(json.instances).toMatchObject({ usd: 10, workingUsd: 8, idleUsd: 2, missingSeconds: 7200 });
    const split = new Map([[DAY, spent(4, { unsplit: 1 })]]);
    const other = usageJson(
      usageReport([row('a', 1), row('a', 1, { day: '2026-11-30' })], split),
      where,
      range,
    );
    expect(other.days.map((of) => [of.day, of.usd])).toEqual([
      [DAY, 4],
      ['2026-11-30', null],
    ]);
    expect(other.instances).toMatchObject({ unsplitUsd: 1, idleUsd: 5 });
  });
});

describe('the range', () => {
  const NOW = Date.parse('2026-11-29T23:59:59Z') / 1000;

  it.each<[{ from?: string; to?: string }, first: string, last: string, days: number]>([
    [{}, '2026-11-01', DAY, 29],
    [{ from: DAY }, DAY, DAY, 1],
    [{ to: '2026-10-31' }, '2026-10-01', '2026-10-31', 31],
    [{ from: '2025-10-26' }, '2025-10-26', DAY, 400],
  ])('%j', (options, first, last, count) => {
    const days = daysOf(options, NOW);
    expect([days[0], days.at(-1), days.length]).toEqual([first, last, count]);
  });

  it.each<[{ from?: string; to?: string }, RegExp]>([
    [{ to: '2026-11-30' }, /--to 2026-11-30 is in the future: today is 2026-11-29 in UTC/],
    [{ from: DAY, to: '2026-11-28' }, /--from 2026-11-29 is after --to 2026-11-28/],
    [{ from: '2025-10-25' }, /401 days: at most 400 are kept/],
  ])('%j is refused', (options, message) => expect(() => daysOf(options, NOW)).toThrow(message));
});

it.each(['2026-02-30', '2026-13-01', '2026-1-1', '20261129', 'yesterday', '2026-11-29T00:00Z', ''])(
  'a day that is none is refused: %j',
  (text) => expect(() => day(text)).toThrow(/Expected a day in UTC, such as 2026-11-29/),
);
it('a day is taken as it is', () => expect(day('2024-02-29')).toBe('2024-02-29'));

it('a caller has one name, of at most 512 bytes, and a day is that of UTC', () => {
  expect([usageCaller('jwt:ann'), usageCaller('é'.repeat(257)).length]).toEqual([
    'jwt:ann',
    'digest:'.length + 32,
  ]);
  expect([usageDay(AT - 0.001), usageDay(AT)]).toEqual(['2026-11-28', DAY]);
});
