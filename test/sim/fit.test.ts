/** Service time, boot time and a trace from CloudWatch exports, as JSON and CSV. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { UserError } from '../../common/errors.ts';
import { readExports } from '../../sim/traffic/cloudwatch.ts';
import { fitMetrics, traceOf } from '../../sim/traffic/fit.ts';
import { policyOf } from '../../sim/policies/index.ts';
import { worldOf } from '../../sim/world.ts';
import { simulate } from '../../sim/engine/simulate.ts';
import { syntheticTrace } from '../../sim/traffic/synthetic.ts';
import { arrivalsOf, parseTrace } from '../../sim/traffic/trace.ts';

const folder = mkdtempSync(join(tmpdir(), 'fit-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string, text: string) => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

const START = Date.parse('2026-11-23T10:00:00Z') / 1000;
const iso = (at: number) => new Date((START + at) * 1000).toISOString();
const results = (metrics: Record<string, [at: number, value: number][]>) =>
  JSON.stringify({
    MetricDataResults: Object.entries(metrics).map(([Label, points], k) => ({
      Id: `m${k}`,
      Label,
      Timestamps: points.map(([at]) => iso(at)),
      Values: points.map(([, value]) => value),
      StatusCode: 'Complete',
    })),
  });

describe('a fit', () => {
  it('finds service time, boot time and traffic of a simulated system', async () => {
    const trace = syntheticTrace('viral', 3);
    const arrivals = arrivalsOf(trace, 3);
    const world = worldOf('clean', { boot: 130, service: 4.5 });
    const run = await simulate({
      arrivals,
      horizon: trace.end,
      world,
      seed: 3,
      controller: policyOf('slo', [], world).make(),
    });
    // CloudWatch's data points: sums and averages of each minute.
    const minutes = Array.from({ length: Math.ceil(run.end / 60) }, (_, k) => 60 * k);
    const within = (from: number, to: number, minute: number) =>
      Math.max(0, Math.min(to, minute + 60) - Math.max(from, minute));
    const sum = (times: Iterable<number>) => {
      const sums = minutes.map((minute): [number, number] => [minute, 0]);
      for (const at of times) (sums[Math.floor(at / 60)] as [number, number])[1]++;
      return sums;
    };
    const level = (spans: [number, number][]) =>
      minutes.map((minute): [number, number] => [
        minute,
        spans.reduce((total, [from, to]) => total + within(from, to, minute), 0) / 60,
      ]);
    const busy = [...run.starts].map((start, job): [number, number] => [start, run.ends[job] as number]);
    const path = file(
      'simulated.json',
      results({
        NumberOfMessagesSent: sum(arrivals),
        NumberOfMessagesDeleted: sum(run.ends),
        'AWS/SQS jobs ApproximateNumberOfMessagesNotVisible': level(busy),
        GroupPendingInstances: level(
          run.instances.map((life) => [life.requested, Math.min(life.ready, life.stopped)]),
        ),
        GroupInServiceInstances: level(run.instances.map((life) => [life.ready, life.stopped])),
      }),
    );
    const metrics = await readExports([path]);
    const fit = fitMetrics(metrics);
    expect(fit.jobs).toBe(arrivals.length);
    expect(fit.service).toBeCloseTo(4.5, 1);
    // Averages of a minute hide a launch while another instance stops, so that launches are undercounted a little.
    expect((fit.boot as number) / 130).toBeGreaterThan(0.85);
    expect((fit.boot as number) / 130).toBeLessThan(1.4);
    const again = parseTrace('fitted', traceOf(metrics.sent as Map<number, number>, fit.from));
    expect(arrivalsOf(again, 1)).toHaveLength(arrivals.length);
  });

  it('reads CSV with a metric per column, and several files', async () => {
    const sent = file(
      'sent.csv',
      'timestamp,NumberOfMessagesSent\n2026/11/23 10:00:00,12\n2026/11/23 10:02:00,3\n',
    );
    const rest = file(
      'console.csv',
      [
        ',m1,m2',
        'Full label,"AWS/SQS, jobs: NumberOfMessagesDeleted",ApproximateNumberOfMessagesNotVisible',
        'Stat,Sum,Average',
        '2026-11-23T10:00:00Z,10,1',
        '2026-11-23T10:01:00Z,,0.5',
        '2026-11-23T10:02:00Z,5,0',
      ].join('\r\n'),
    );
    const metrics = await readExports([sent, rest]);
    expect(fitMetrics(metrics)).toEqual({
      from: START,
      length: 240,
      period: 120,
      jobs: 15,
      service: 6,
      boot: null,
      launches: null,
      fleet: null,
      silent: 0,
    });
    expect(traceOf(metrics.sent as Map<number, number>, START)).toBe('t,arrivals\n0,12\n120,3\n');
  });

  it('reads the metric names of the scaler', async () => {
    const metrics = await readExports([
      file('own.json', results({ 'dev InFlight': [[0, 2]], 'dev Pending': [[0, 1]] })),
    ]);
    expect(Object.keys(metrics)).toEqual(['inFlight', 'pending']);
  });
});

describe('an error is one line', () => {
  it.each([
    [
      'none.csv',
      'timestamp,CPUUtilization\n2026-11-23T10:00:00Z,3\n',
      /has none of the metrics: expected one or more of NumberOfMessagesSent/,
    ],
    [
      'text.csv',
      'timestamp,NumberOfMessagesSent\n2026-11-23T10:00:00Z,many\n',
      /row 2 has 'many' for NumberOfMessagesSent: expected a number/,
    ],
    [
      'time.csv',
      'timestamp,NumberOfMessagesSent\n2026-31-99 later,3\n',
      /'2026-31-99 later' is not a time: expected one such as/,
    ],
    ['broken.json', '{"MetricDataResults": [', /broken\.json: /],
    ['other.json', '{"Datapoints": []}', /other\.json: .*MetricDataResults/],
    [
      'short.json',
      results({ NumberOfMessagesSent: [[0, 1]] }).replace('[1]', '[1,2]'),
      /has 1 timestamps and 2 values/,
    ],
  ])('%s', async (name, text, message) => {
    const failure = await readExports([file(name, text)]).catch((error: Error) => error);
    expect(failure).toBeInstanceOf(UserError);
    expect((failure as Error).message).toMatch(message);
    expect((failure as Error).message).not.toContain('\n');
  });

  it('names a missing file', async () => {
    await expect(readExports([join(folder, 'absent.csv')])).rejects.toThrow(
      /cannot read .*absent\.csv: ENOENT/,
    );
  });
});

it('a missing metric gives null, not zero', async () => {
  const metrics = await readExports([file('one.json', results({ NumberOfMessagesSent: [[0, 5]] }))]);
  expect(fitMetrics(metrics)).toMatchObject({ jobs: 5, service: null, boot: null, fleet: null });
  expect(readFileSync(join(folder, 'one.json'), 'utf8')).toContain('NumberOfMessagesSent');
});
