/** What a tick publishes for others: what is there, what comes and when, and what the looks before saw. */
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { VIEW_ATTRIBUTE } from '../../../contract/names.ts';
import { viewSchema, type View } from '../../../contract/view.ts';
import type { PolicySettings } from '../../../contract/policy.ts';
import type { PolicyMemory } from '../../../lambda/scaler/policy/decision.ts';
import { tick } from '../../../lambda/scaler/tick.ts';
import { type TickRecord } from '../../../lambda/scaler/ports.ts';
import { viewOf } from '../../../lambda/scaler/view.ts';
import { FakeCounts, FakeFleet, FakeMemory, FakeMetrics, FakeWork } from './support/fakes.ts';
import { slo, threshold } from './support/observations.ts';

const AT = 1000;
const record = (more: Partial<TickRecord> = {}): TickRecord => ({
  at: AT,
  reason: 'steady',
  needed: 2,
  visible: 0,
  inFlight: 0,
  desired: 0,
  inService: 0,
  pending: 0,
  draining: 0,
  min: 0,
  max: 9,
  ...more,
});
const calculation = {
  rate: 0.5,
  serviceSeconds: 6,
  bootSeconds: 90,
  queuedThen: 0,
  price: 0.12,
  meanWait: null,
  late: 0,
  load: 3,
};
const launching = (...launches: [at: number, count: number][]): PolicyMemory => ({
  slo: {
    rate: { levels: [], mean: 0, observed: 0, ended: 0, watched: 0, burst: 0 },
    price: { factor: 1, waited: 0, photos: 0, visible: 0 },
    idle: [],
    capacity: {
      launches: launches.map(([at, count]) => ({ at, count })),
      inService: 0,
      boots: 0,
      bootSeconds: 0,
    },
  },
});

describe('capacity on its way', () => {
  it.each<[string, [number, number][], Partial<TickRecord>, View['coming']]>([
    [
      'comes a boot after it was asked for',
      [
        [AT - 30, 2],
        [AT, 3],
      ],
      { desired: 6, inService: 1 },
      [
        { count: 2, readyAt: AT + 60 },
        { count: 3, readyAt: AT + 90 },
      ],
    ],
    ['that is late comes soon', [[AT - 120, 1]], { desired: 1 }, [{ count: 1, readyAt: AT + 9 }]],
    [
      'that is late by more than another boot is not counted on',
      [
        [AT - 181, 1],
        [AT - 60, 1],
      ],
      { desired: 2 },
      [{ count: 1, readyAt: AT + 30 }],
    ],
    [
      'that is not given, newest first, is not coming',
      [
        [AT - 30, 2],
        [AT, 4],
      ],
      { desired: 6, unfulfilled: 4 },
      [{ count: 2, readyAt: AT + 60 }],
    ],
    ['that somebody called off is not coming', [[AT - 30, 2]], { desired: 1, inService: 1 }, []],
  ])('%s', (_what, launches, more, coming) => {
    const view = viewOf([record({ calculation, ...more })], launching(...launches), 30);
    expect(view?.coming).toEqual(coming);
  });

  it('is unknown under a policy that measures no boot, as are rate and service', () => {
    expect(viewOf([record({ desired: 5, inService: 2, visible: 7, inFlight: 2 })], {}, 15)).toEqual({
      at: AT,
      tickSeconds: 15,
      visible: 7,
      inFlight: 2,
      inService: 2,
      coming: [],
      arrivalsPerSecond: null,
      serviceSeconds: null,
      bootSeconds: null,
      history: [{ at: AT, backlog: 9, completed: null }],
    });
  });
});

describe('the history', () => {
  const looks = (...given: Partial<TickRecord>[]) =>
    viewOf(
      given.map((more, k) => record({ at: AT + 30 * k, ...more })),
      {},
      30,
    )?.history.map(({ at, backlog, completed }) => [(at - AT) / 30, backlog, completed]);
  const blind = { reason: 'metrics-unavailable', visible: null } as const;

  it('has the photos there and the ones finished, oldest first', () => {
    expect(looks({ visible: 3, completed: 5 }, { visible: 1, inFlight: 1, completed: 9 })).toEqual([
      [0, 3, 5],
      [1, 2, 9],
    ]);
  });

  it('passes over ticks that saw nothing, or nothing to trust', () => {
    const doubtful = { reason: 'inconsistent-metrics', visible: 0 } as const;
    expect(looks({ visible: 3 }, blind, doubtful, { visible: 4 })).toEqual([
      [0, 3, null],
      [3, 4, null],
    ]);
  });

  it('has of looks between which no photo came the first and the last one', () => {
    const quiet = { completed: 5 };
    const done = { visible: 3, completed: 6 };
    const worked = [{ visible: 4, completed: 5 }, done, { visible: 2, completed: 7 }];
    expect(looks(quiet, quiet, quiet, quiet, ...worked, { visible: 2, completed: 8 })).toEqual([
      [0, 0, 5],
      [3, 0, 5],
      [4, 4, 5],
      [6, 2, 7],
      [7, 2, 8],
    ]);
    const untold = { visible: 1 };
    expect(looks(untold, untold, untold, { visible: 2 })).toEqual([
      [0, 1, null],
      [2, 1, null],
      [3, 2, null],
    ]);
  });

  it('ends where there would be too much of it', () => {
    const busy = Array.from({ length: 60 }, (_, k) => ({ visible: 1, completed: k }));
    expect(looks(...busy)?.map(([at]) => at)).toEqual(Array.from({ length: 30 }, (_, k) => 30 + k));
  });

  it('goes back to where counters or clock began anew, and no further', () => {
    expect(looks({ completed: 99 }, { completed: 0 }, { completed: 4 })).toEqual([
      [1, 0, 0],
      [2, 0, 4],
    ]);
    expect(looks({ at: AT + 900, visible: 1 }, { visible: 2 }, { visible: 3 })).toEqual([
      [1, 2, null],
      [2, 3, null],
    ]);
  });

  it('has one look for an instant: the second one', () => {
    expect(looks({ visible: 1 }, { visible: 2 }, { at: AT + 30, visible: 5 })).toEqual([
      [0, 1, null],
      [1, 5, null],
    ]);
  });

  it('has times to the millisecond', () => {
    expect(viewOf([record({ at: 1000.123456 })], {}, 30)).toMatchObject({
      at: 1000.123,
      history: [{ at: 1000.123 }],
    });
  });
});

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
  const run = (settings: PolicySettings = slo) =>
    tick({ counts, work, fleet, memory, metrics: new FakeMetrics() }, settings, {
      owner: 'run',
      now: () => now,
      tickSeconds: 30,
    });
  const published = () => memory.item?.[VIEW_ATTRIBUTE] as View | undefined;

  it('publishes what it saw, with what it has asked for', async () => {
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
      history: [{ at: now, backlog: 302, completed: 70 }],
    });
  });

  it.each<[string, () => unknown]>([
    ['is blind', () => (counts.read = () => Promise.reject(new Error('no queue')))],
    ['is in doubt', () => (counts.counts = { visible: 0, inFlight: 0 })],
  ])('that %s leaves the view before it', async (_what, breaks) => {
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

  it('of a dry run, or one that could not act, publishes what is there', async () => {
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

  it('remembers what workers have finished, where they say so', async () => {
    await run();
    work.reported = { completed: 7, busySeconds: 42 };
    now += 30;
    await run();
    expect(published()?.history.map(({ completed }) => completed)).toEqual([null, 7]);
  });
});

it('always publishes what the schema allows, whatever comes', async () => {
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
          const times = view.history.map((look) => look.at);
          expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
          expect(view.history.at(-1)?.at).toBe(view.at);
          // In doubt, it is the one before.
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
