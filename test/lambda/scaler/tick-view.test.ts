/** The view that a tick publishes with its memory. */
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { VIEW_ATTRIBUTE } from '../../../contract/names.ts';
import type { PolicySettings } from '../../../contract/policy.ts';
import { viewSchema, type View } from '../../../contract/view.ts';
import { NO_SPENDING } from '../../../lambda/scaler/context.ts';
import { tick } from '../../../lambda/scaler/tick.ts';
import { FakeCounts, FakeFleet, FakeMemory, FakeMetrics, FakeWork } from './support/fakes.ts';
import { slo, threshold } from './support/observations.ts';

describe('a tick', () => {
  let counts: FakeCounts;
  let work: FakeWork;
  let fleet: FakeFleet;
  let memory: FakeMemory;
  let now: number;

  beforeEach(() => {
    now = 1_000_000;
    counts = new FakeCounts();
    work = new FakeWork();
    fleet = new FakeFleet();
    memory = new FakeMemory();
  });
  const run = (settings: PolicySettings = slo, spending = NO_SPENDING) =>
    tick({ counts, work, fleet, memory, metrics: new FakeMetrics() }, settings, {
      owner: 'run',
      now: () => now,
      tickSeconds: 30,
      spending,
    });
  const published = () => memory.item?.[VIEW_ATTRIBUTE] as View | undefined;

  it('publishes what it read, with what it has requested', async () => {
    counts.counts = { visible: 300, inFlight: 2 };
    work.reported = { completed: 70, busySeconds: 420 };
    fleet.state = { ...fleet.state, desired: 2, inService: 2 };
    await run();
    expect(fleet.state.desired).toBeGreaterThan(2);
    expect(published()).toMatchObject({
      at: now,
      tickSeconds: 30,
      visible: 300,
      inFlight: 2,
      inService: 2,
      coming: [{ count: fleet.state.desired - 2, readyAt: now + 90 }],
      serviceSeconds: 6,
      bootSeconds: 90,
      history: [{ at: now, backlog: 302, completed: 0 }],
    });
  });

  it.each<[string, () => unknown]>([
    ['cannot read the queue', () => (counts.read = () => Promise.reject(new Error('no queue')))],
    ['reads counts that contradict each other', () => (counts.counts = { visible: 0, inFlight: 0 })],
  ])('that %s leaves the earlier view', async (_what, breaks) => {
    counts.counts = { visible: 300, inFlight: 2 };
    fleet.state = { ...fleet.state, desired: 2, inService: 2 };
    await run();
    const before = published();
    breaks();
    now += 30;
    const { record: made } = await run();
    expect(['metrics-unavailable', 'inconsistent-metrics']).toContain(made?.reason);
    expect(published()).toEqual(before);
    expect(before?.at).toBe(now - 30);
  });

  it.each<[string, object, string | undefined]>([
    ['nothing', {}, undefined],
    ['a dry run', { dryRun: {} }, 'dry-run'],
    ['a pause', { pauseScaleOut: {} }, 'paused'],
    ['a pause that is over', { pauseScaleOut: { until: 999_999 } }, undefined],
    ['a pause of scale-in', { pauseScaleIn: {} }, undefined],
    ['a ceiling of none', { ceiling: { instances: 0, until: 2_000_000 } }, 'ceiling'],
    ['a ceiling of one', { ceiling: { instances: 1, until: 2_000_000 } }, undefined],
  ])('publishes that %s stops a fleet at rest', async (_what, controls, stopped) => {
    memory.item = { controls };
    await run();
    expect(viewSchema.parse(published()).stopped).toBe(stopped);
  });

  it('publishes that a spent budget stops it, where the stage has the brake', async () => {
    for (const [brake, stopped] of [
      [true, 'over-budget'],
      [false, undefined],
    ] as const) {
      await run(slo, { ...NO_SPENDING, dailyLimit: 0, brake });
      expect(published()?.stopped).toBe(stopped);
      now += 30;
    }
  });

  it('of a dry run, or one that could not act, publishes what it read', async () => {
    counts.counts = { visible: 300, inFlight: 0 };
    memory.item = { controls: { dryRun: { until: now + 15 } } };
    await run();
    expect(published()).toMatchObject({ at: now, visible: 300, coming: [] });
    const works = fleet.setDesired.bind(fleet);
    fleet.setDesired = () => Promise.reject(new Error('ScalingActivityInProgress'));
    now += 30;
    await run();
    expect(published()).toMatchObject({ at: now, visible: 300, coming: [] });
    fleet.setDesired = works;
    now += 30;
    await run();
    expect(published()?.coming).not.toEqual([]);
  });

  it('publishes what instances have finished, once they report', async () => {
    fleet.state = { ...fleet.state, desired: 2, inService: 2 };
    counts.counts = { visible: 30, inFlight: 2 };
    await run();
    for (const completed of [7, 12]) {
      work.reported = { completed, busySeconds: 6 * completed };
      now += 30;
      await run();
    }
    // The first report shows where the counters are, not what was done since the last tick.
    expect(published()?.history.map(({ completed }) => completed)).toEqual([null, null, 5]);
  });

  it('leaves bulk photos out of what was finished: they would count as interactive arrivals', async () => {
    fleet.state = { ...fleet.state, desired: 1, inService: 1 };
    counts.counts = { visible: 30, inFlight: 1 };
    for (const [completed, bulkCompleted] of [
      [0, 0],
      [6, 1],
      [12, 5],
    ]) {
      const [all, bulk] = [Number(completed), Number(bulkCompleted)];
      const done = { completed: all, busySeconds: 6 * all, bulkCompleted: bulk, bulkBusySeconds: 6 * bulk };
      work.written = [{ instance: 'i-0', ...done }];
      now += 60;
      await run();
    }
    expect(published()?.history.map(({ completed }) => completed)).toEqual([0, 5, 7]);
  });
});

it('always publishes what the schema allows', async () => {
  const count = fc.oneof(fc.nat(40), fc.nat(100_000));
  const step = fc.record({
    visible: count,
    inFlight: count,
    seconds: fc.constantFrom(30, 30, 31.4159, 0, -45, 1000),
    inService: fc.nat(12),
    completed: fc.option(fc.nat(500), { nil: undefined }),
    desired: fc.option(fc.nat(12), { nil: undefined, freq: 4 }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 20 }),
      fc.constantFrom<PolicySettings>(slo, { ...slo, kind: 'forecast' }, threshold),
      async (steps, settings) => {
        const fleet = new FakeFleet();
        const ports = {
          counts: new FakeCounts(),
          work: new FakeWork(),
          fleet,
          memory: new FakeMemory(),
          metrics: new FakeMetrics(),
        };
        let at = 1_000_000;
        for (const { seconds, visible, inFlight, inService, completed, desired } of steps) {
          at += seconds;
          ports.counts.counts = { visible, inFlight };
          ports.work.reported = completed === undefined ? undefined : { completed, busySeconds: completed };
          fleet.state.desired = Math.min(fleet.state.max, desired ?? fleet.state.desired);
          fleet.state.inService = inService;
          const { errors, record: made } = await tick(ports, settings, {
            owner: 'run',
            now: () => at,
            tickSeconds: 30,
          });
          expect(errors).toEqual([]);
          const view = viewSchema.parse(ports.memory.item?.[VIEW_ATTRIBUTE]);
          const times = view.history.map((entry) => entry.at);
          expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
          expect(view.history.at(-1)?.at).toBe(view.at);
          // With counts that contradict each other it is the earlier one.
          if (made?.reason === 'inconsistent-metrics') continue;
          expect(view.at).toBeCloseTo(at, 3);
          const coming = view.coming.reduce((sum, one) => sum + one.count, 0);
          expect(coming).toBeLessThanOrEqual(Math.max(0, fleet.state.desired - inService));
        }
      },
    ),
    { seed: 20_261_123, numRuns: 60 },
  );
});
