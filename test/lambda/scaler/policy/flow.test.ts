/** Arrivals and service time from two ticks' counts of the queue and the workers' counters. */
import { describe, expect, it } from 'vitest';
import {
  heldOf,
  isInconsistent,
  observeFlow,
  serviceOf,
  type FlowMemory,
} from '../../../../lambda/scaler/policy/flow.ts';
import type { Observation } from '../../../../lambda/scaler/policy/observation.ts';
import { NOW, seen } from '../support/observations.ts';

const report = (completed: number, busySeconds: number) => ({ completed, busySeconds });
/** 30 s before NOW. */
const before: FlowMemory = {
  at: NOW - 30,
  backlog: 20,
  inFlight: 4,
  reported: report(100, 600),
  carried: 0,
  completed: 50,
  busySeconds: 300,
};
const flow = (observed: Partial<Observation>, memory: Partial<FlowMemory> = {}) =>
  observeFlow(seen(observed), { ...before, ...memory }, 6);

it.each([
  ['the guess without photos', { completed: 0, busySeconds: 0 }, 6],
  // The guess weighs 5 photos less a tenth: (360 + 4.5 x 6) / (30 + 4.5).
  ['the measured time, weighted with guesses', { completed: 30, busySeconds: 360 }, 387 / 34.5],
  ['the measured time alone after 300 photos', { completed: 300, busySeconds: 90 }, 0.3],
])('the service time is %s', (_name, memory, seconds) => {
  expect(serviceOf({ ...before, ...memory }, 6)).toBe(seconds);
  expect(serviceOf(undefined, 6)).toBe(6);
});

it.each<[string, Partial<FlowMemory>, number]>([
  ['1 without a memory of it', {}, 1],
  ['1 where one is worked on at a time', { inFlightSeconds: 310 }, 1],
  ['1 where counts scatter', { inFlightSeconds: 460 }, 1],
  // (2,400 + 30) / (300 + 30).
  ['photo-seconds in flight over busy seconds', { inFlightSeconds: 2400 }, 2430 / 330],
])('photos in flight of a busy instance are %s', (_name, memory, held) => {
  expect(heldOf({ ...before, ...memory }, 6)).toBeCloseTo(held, 9);
  expect(heldOf(undefined, 6)).toBe(1);
});

describe('where an instance works on several photos', () => {
  const several = { inFlight: 40, backlog: 200, completed: 3000, busySeconds: 600, inFlightSeconds: 4800 };

  it('its photos in flight are learned from those of both ticks', () => {
    const kept = Math.exp(-200 / 300);
    const found = flow({ visible: 0, inFlight: 20, reported: report(300, 640) }, several);
    expect(found.memory.inFlightSeconds).toBeCloseTo(4800 * kept + 30 * 30, 6);
  });

  it('and not while nothing was finished', () => {
    const found = flow({ visible: 0, inFlight: 20, reported: report(100, 600) }, several);
    expect(found.memory.inFlightSeconds).toBe(4800);
  });

  it('those in flight without reports are shared among the instances', () => {
    const service = serviceOf({ ...before, ...several }, 6);
    // Five busy instances, whatever they hold.
    const finished = (30 / service) * (40 / heldOf({ ...before, ...several }, 6));
    const found = flow({ visible: 1000, inFlight: 40, reported: null as never }, several);
    expect(found.arrived).toBeCloseTo(1040 - 200 + finished, 0);
  });

  it('photos vanish when more left than the instances can have finished unreported', () => {
    const memory = { ...before, ...several, reported: report(0, 0) };
    const of = (vanished: number) =>
      isInconsistent(
        seen({ visible: 0, inFlight: 40, reported: report(0, 0) }),
        { seconds: 30, arrived: 0, vanished, memory },
        memory,
        0.2,
      );
    // A fifth of the backlog, and ten seconds of five instances at 0.2 s.
    expect([of(280), of(310)]).toEqual([false, true]);
  });
});

describe('arrivals', () => {
  it.each<[string, Partial<Observation>, Partial<FlowMemory>, number, number, number]>([
    // 25 there, 20 before, 12 finished.
    ['are the change of the backlog and what was finished', { visible: 20, inFlight: 5 }, {}, 17, 0, 0],
    ['less what was carried over', { visible: 20, inFlight: 5 }, { carried: -5 }, 12, 0, 0],
    // 6 there, 20 before, 12 finished: 2 have vanished.
    ['are none when photos vanish, which is carried over', { visible: 2, inFlight: 4 }, {}, 0, -2, 2],
    ['carry over at most the larger backlog', { visible: 0, inFlight: 0 }, { carried: -40 }, 0, -20, 8],
    ['carry over at most the backlog now', { visible: 27, inFlight: 3 }, { carried: -90 }, 0, -30, 0],
  ])('%s', (_name, observed, memory, arrived, carried, vanished) => {
    const found = flow({ ...observed, reported: report(112, 672) }, memory);
    expect(found).toMatchObject({ seconds: 30, arrived, vanished, memory: { carried } });
  });

  it.each<[string, Partial<Observation>, Partial<FlowMemory>, number]>([
    // 4 busy for 30 s on photos of 6 s: 20 each would have been 5 x 4 = 20.
    ['of instances that stayed busy', { visible: 16, inFlight: 4 }, {}, 20],
    ['of no more than there were to do', { visible: 0, inFlight: 0 }, { inFlight: 9 }, 0],
    ['of those in flight before', { visible: 30, inFlight: 1 }, { backlog: 40, inFlight: 2 }, 1],
    ['of those in flight throughout', { visible: 10, inFlight: 4 }, { backlog: 5, inFlight: 4 }, 29],
  ])('without reports assume work %s', (_name, observed, memory, arrived) => {
    expect(flow(observed, memory)).toMatchObject({ arrived });
    expect(flow({ ...observed, reported: report(0, 0) }, { ...memory, reported: null })).toMatchObject({
      arrived,
    });
  });

  it.each<[string, { completed: number; busySeconds: number }]>([
    ['photos', report(99, 700)],
    ['seconds', report(120, 599)],
  ])('take counters that started again as none: %s', (_name, reported) => {
    expect(flow({ visible: 16, inFlight: 4, reported })).toMatchObject({
      arrived: 20,
      memory: { reported, completed: 50, busySeconds: 300 },
    });
  });
});

describe('the memory', () => {
  it('has what this tick saw, and fades earlier service times', () => {
    const kept = Math.exp(-12 / 300);
    const found = flow({ visible: 20, inFlight: 5, reported: report(112, 672) });
    expect(found.memory).toMatchObject({ at: NOW, backlog: 25, inFlight: 5, reported: report(112, 672) });
    expect(found.memory.completed).toBeCloseTo(50 * kept + 12, 9);
    expect(found.memory.busySeconds).toBeCloseTo(300 * kept + 72, 9);
  });

  it('has nothing but the levels at the first tick', () => {
    expect(observeFlow(seen({ visible: 3, inFlight: 2 }), undefined, 6)).toEqual({
      seconds: 0,
      arrived: 0,
      vanished: 0,
      memory: { at: NOW, backlog: 5, inFlight: 2, reported: null, carried: 0, completed: 0, busySeconds: 0 },
    });
  });

  it.each([
    ['a clock that was set back', -1],
    ['a pause', 901],
  ])('keeps the service time after %s, and no arrivals', (_name, seconds) => {
    const found = flow({ visible: 90 }, { at: NOW - seconds, carried: -3 });
    expect(found).toMatchObject({ seconds: 0, arrived: 0, vanished: 0 });
    expect(found.memory).toMatchObject({ at: NOW, backlog: 90, carried: 0, completed: 50, busySeconds: 300 });
  });

  it('still knows arrivals after 15 minutes', () => {
    expect(flow({ visible: 90, reported: report(100, 600) }, { at: NOW - 900 })).toMatchObject({
      seconds: 900,
      arrived: 70,
    });
  });

  it('stays as it is at a second tick of the same instant', () => {
    const memory = { ...before, at: NOW };
    const found = observeFlow(seen({ visible: 90 }), memory, 6);
    expect(found).toEqual({ seconds: 0, arrived: 0, vanished: 0, memory });
  });
});

describe('counts contradict each other', () => {
  const check = (observed: Partial<Observation>, memory: Partial<FlowMemory> = {}) => {
    const was = { ...before, ...memory };
    return isInconsistent(seen(observed), observeFlow(seen(observed), was, 6), was, 6);
  };

  it.each<[string, Partial<Observation>, Partial<FlowMemory>, boolean]>([
    // 100 before, 4 in flight: 6.7 may be unreported, and 20 may vanish.
    ['27 of 100 vanish', { visible: 73 }, { backlog: 100 }, true],
    ['26 of 100 vanish', { visible: 74 }, { backlog: 100 }, false],
    // Of 10 at least 5 may, in addition to those not yet reported.
    ['6 of 10 vanish, none in flight', { visible: 4 }, { backlog: 10, inFlight: 0 }, true],
    ['5 of 10 vanish, none in flight', { visible: 5 }, { backlog: 10, inFlight: 0 }, false],
  ])('with reports: %s', (_name, observed, memory, inconsistent) => {
    expect(check({ ...observed, reported: report(100, 600) }, memory)).toBe(inconsistent);
  });

  it.each<[string, Partial<Observation>, Partial<FlowMemory>, boolean]>([
    ['5 waiting are gone', {}, { backlog: 9, inFlight: 4 }, true],
    ['4 waiting are gone', {}, { backlog: 8, inFlight: 4 }, false],
    ['one is still in flight', { inFlight: 1 }, { backlog: 90 }, false],
    ['one is still waiting and one in flight', { visible: 1, inFlight: 1 }, { backlog: 90 }, false],
    ['one is still waiting', { visible: 1 }, { backlog: 90 }, false],
  ])('without reports: %s', (_name, observed, memory, inconsistent) => {
    expect(check(observed, { ...memory, reported: null })).toBe(inconsistent);
    expect(check({ ...observed, reported: report(0, 0) }, { ...memory, reported: null })).toBe(inconsistent);
  });

  it('never at the first tick, nor at a second one of the same instant', () => {
    const first = observeFlow(seen({}), undefined, 6);
    expect(isInconsistent(seen({}), first, undefined, 6)).toBe(false);
    expect(check({}, { at: NOW, reported: null, backlog: 90 })).toBe(false);
  });
});
