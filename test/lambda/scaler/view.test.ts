/** The published view: capacity on its way, and the history of arrivals. */
import { describe, expect, it } from 'vitest';
import type { View } from '../../../contract/view.ts';
import type { PolicyMemory } from '../../../lambda/scaler/policy/decision.ts';
import type { TickRecord } from '../../../lambda/scaler/ports.ts';
import { viewOf } from '../../../lambda/scaler/view.ts';

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
      'comes a boot after its request',
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
    [
      'that is late was expected a boot after its request',
      [[AT - 120, 1]],
      { desired: 1 },
      [{ count: 1, readyAt: AT - 30 }],
    ],
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
      'that is unfulfilled, newest first, is not coming',
      [
        [AT - 30, 2],
        [AT, 4],
      ],
      { desired: 6, unfulfilled: 4 },
      [{ count: 2, readyAt: AT + 60 }],
    ],
    ['that was cancelled is not coming', [[AT - 30, 2]], { desired: 1, inService: 1 }, []],
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
      bootsMeasured: 0,
      photosMeasured: 0,
      history: [{ at: AT, backlog: 9, completed: null }],
    });
  });
});

it('after a few boots the first guess hardly counts', () => {
  const { slo } = launching([AT, 1]);
  const flow = {
    at: AT,
    backlog: 0,
    inFlight: 0,
    reported: null,
    carried: 0,
    completed: 60,
    busySeconds: 18,
  };
  const learned = { slo: { ...slo!, flow, capacity: { ...slo!.capacity, boots: 5, bootSeconds: 50 } } };
  // With a guess of 120 s the rule has (5 · 10 + 120) / 6 s.
  const given = { ...calculation, bootSeconds: 170 / 6 };
  const view = viewOf([record({ calculation: given, desired: 1 })], learned, 30);
  const boot = (10 ** 5 * 120 ** 0.4) ** (1 / 5.4);
  expect(view?.bootSeconds).toBeCloseTo(boot, 9);
  expect(view?.coming[0]?.readyAt).toBeCloseTo(AT + boot, 3);
  expect(view).toMatchObject({ bootsMeasured: 5, photosMeasured: 60 });
});

describe('what more photos would request', () => {
  const sizing = (more: Partial<TickRecord>, stopped?: 'paused') =>
    viewOf([record({ calculation, desired: 2, ...more })], {}, 30, stopped)?.sizing;

  it('is the need of the rule, as a line in the photos that wait', () => {
    // q √(0.12 · 6 / (13 · 90)) beside the load, at the price without a margin.
    const line = sizing({ max: 9 });
    expect(line).toMatchObject({ desired: 2, max: 9 });
    expect(line?.beside).toBeCloseTo(3, 9);
    expect(line?.perQueued).toBeCloseTo(Math.sqrt((0.12 * 6) / (13 * 90)), 9);
    expect(sizing({ calculation: { ...calculation, batch: 4 } })?.beside).toBeCloseTo(3 + 4 ** 0.4 - 1, 9);
  });

  it.each<[string, Partial<TickRecord>, 'paused'?]>([
    ['in a shortage', { reason: 'shortage' }],
    ['while boots fail', { reason: 'boot-failure' }],
    ['over the budget', { reason: 'over-budget' }],
    ['while an operator stops it', {}, 'paused'],
    ['without a calculation', { calculation: undefined }],
    ['without a maximum', { max: null }],
  ])('is nothing %s', (_case, more, stopped) => expect(sizing(more, stopped)).toBeUndefined());
});

describe('the history', () => {
  const history = (...given: Partial<TickRecord>[]) =>
    viewOf(
      given.map((more, k) => record({ at: AT + 30 * k, ...more })),
      {},
      30,
    )?.history.map(({ at, backlog, completed }) => [(at - AT) / 30, backlog, completed]);
  const unavailable = { reason: 'metrics-unavailable', visible: null } as const;

  it('has backlog and photos finished, oldest first', () => {
    expect(history({ visible: 3, completed: 5 }, { visible: 1, inFlight: 1, completed: 9 })).toEqual([
      [0, 3, 5],
      [1, 2, 9],
    ]);
  });

  it('leaves out ticks without counts, or with counts that contradict each other', () => {
    const inconsistent = { reason: 'inconsistent-metrics', visible: 0 } as const;
    expect(history({ visible: 3 }, unavailable, inconsistent, { visible: 4 })).toEqual([
      [0, 3, null],
      [3, 4, null],
    ]);
  });

  it('has of ticks between which no photo arrived the first and the last one', () => {
    const quiet = { completed: 5 };
    const done = { visible: 3, completed: 6 };
    const worked = [{ visible: 4, completed: 5 }, done, { visible: 2, completed: 7 }];
    expect(history(quiet, quiet, quiet, quiet, ...worked, { visible: 2, completed: 8 })).toEqual([
      [0, 0, 5],
      [3, 0, 5],
      [4, 4, 5],
      [6, 2, 7],
      [7, 2, 8],
    ]);
    const unreported = { visible: 1 };
    expect(history(unreported, unreported, unreported, { visible: 2 })).toEqual([
      [0, 1, null],
      [2, 1, null],
      [3, 2, null],
    ]);
  });

  it('has at most 30 entries', () => {
    const busy = Array.from({ length: 60 }, (_, k) => ({ visible: 1, completed: k }));
    expect(history(...busy)?.map(([at]) => at)).toEqual(Array.from({ length: 30 }, (_, k) => 30 + k));
  });

  it('goes back to where counters or clock started again', () => {
    expect(history({ completed: 99 }, { completed: 0 }, { completed: 4 })).toEqual([
      [1, 0, 0],
      [2, 0, 4],
    ]);
    expect(history({ at: AT + 900, visible: 1 }, { visible: 2 }, { visible: 3 })).toEqual([
      [1, 2, null],
      [2, 3, null],
    ]);
  });

  it('has one entry for an instant: the second one', () => {
    expect(history({ visible: 1 }, { visible: 2 }, { at: AT + 30, visible: 5 })).toEqual([
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

describe('no view', () => {
  it.each<[string, Partial<TickRecord>]>([
    ['without the reading', { reason: 'metrics-unavailable' }],
    ['of counts that contradict each other', { reason: 'inconsistent-metrics' }],
    ['without visible messages', { visible: null }],
    ['without messages in flight', { inFlight: null }],
    ['without instances in service', { inService: null }],
    ['without the desired capacity', { desired: null }],
  ])('%s', (_name, more) => expect(viewOf([record(more)], {}, 30)).toBeUndefined());

  it('without a tick', () => expect(viewOf([], {}, 30)).toBeUndefined());
});

it('has no capacity on its way without its estimates', () => {
  expect(viewOf([record({ desired: 2 })], launching([AT - 30, 2]), 30)?.coming).toEqual([]);
  expect(viewOf([record({ desired: 2, calculation })], {}, 30)?.coming).toEqual([]);
});

it('a tick with half of its counts is no part of the history', () => {
  const half = record({ at: AT - 30, inFlight: null, visible: 3 });
  expect(viewOf([half, record()], {}, 30)?.history).toHaveLength(1);
});

it('quiet ticks are merged only where the reports, or the backlog without reports, are the same', () => {
  const ticks = [{ visible: 1 }, { visible: 1, completed: 0 }, { visible: 0, completed: 1 }].map((more, k) =>
    record({ at: AT + 30 * k, ...more }),
  );
  expect(viewOf(ticks, {}, 30)?.history.map(({ at }) => at)).toEqual([AT, AT + 30, AT + 60]);
});
