/** The estimated wait: cases to compute by hand, with a service time of 6 s. */
import { describe, expect, it } from 'vitest';
import type { View } from '../../../contract/view.ts';
import { estimateWait } from '../../../lambda/gateway/estimate.ts';
import { arrivalSamples, photosAhead } from '../../../lambda/gateway/queue-position.ts';
import { AT, between, view } from './support/views.ts';

/** Seconds of event delivery. */
const D = 1.5;
/** Median of boots with a mean of 90 s. */
const M = (90 * Math.sin(Math.PI / 6)) / (Math.PI / 6);
/** When a share of the boots that have taken `age` seconds are done, from now. */
const ready = (age: number, share = 0.5) => M * ((1 + (age / M) ** 6) / (1 - share) - 1) ** (1 / 6) - age;
const FIFTHS = [0.1, 0.3, 0.5, 0.7].reduce((sum, share) => sum + ready(60, share), 0);

describe('a photo that was just stored', () => {
  it.each<[string, View, number, { ahead: number; seconds: number }]>([
    ['to an idle fleet starts at once', view({ inService: 3 }), 10, { ahead: 0, seconds: D + 6 }],
    [
      'to an idle fleet that the photos ahead just fill starts at once',
      view({ inService: 3, arrivalsPerSecond: 5 / 3 }),
      0,
      { ahead: 3, seconds: D + 6 },
    ],
    [
      'to a fleet that keeps up has the photos of the last service time ahead',
      view({ inService: 5, inFlight: 5, arrivalsPerSecond: 0.5 }),
      30,
      { ahead: 4, seconds: D + 6 },
    ],
    [
      'to a fleet of zero wakes it at once, and waits for a boot',
      view(),
      10,
      { ahead: 0, seconds: D + 3 + M + 6 },
    ],
    [
      'to a fleet of zero that requests nothing for the photos that wait, waits for the next tick',
      view({ visible: 1 }),
      29,
      // In the queue after the tick at 30 s, and second.
      { ahead: 1, seconds: 31 + M + 6 + 6 },
    ],
    [
      'to a busy fleet waits for all photos ahead',
      // 25 ahead; five are completed every six seconds.
      view({ inService: 5, inFlight: 5, visible: 20 }),
      0,
      { ahead: 25, seconds: (20.5 / 5) * 6 + 6 },
    ],
    [
      'has the photos ahead that arrived since the view, without those completed since',
      view({ inService: 5, inFlight: 5, visible: 20, arrivalsPerSecond: 2 }),
      12,
      // 25 + 2 (12 + D) have arrived, ten are completed.
      { ahead: 42, seconds: ((20 + 2 * (12 + D) + 0.5) / 5) * 6 + 6 - 12 },
    ],
    [
      'waits for an instance on its way',
      view({ visible: 8, coming: [{ count: 1, readyAt: AT + 60 }] }),
      0,
      // One starts when it is ready, and then one each 6 s.
      { ahead: 8, seconds: ready(30) + 7.5 * 6 + 3 + 6 },
    ],
    [
      'waits for two of them, of which one is ready sooner',
      view({ visible: 8, coming: [{ count: 2, readyAt: AT + 60 }] }),
      0,
      // 2 + (t - r1 - 3) / 6 + (t - r2 - 3) / 6 = 8.5.
      { ahead: 8, seconds: (39 + 6 + ready(30, 0.25) + ready(30, 0.75)) / 2 + 6 },
    ],
    [
      'waits for an instance that is late, of which some have come by now',
      view({ coming: [{ count: 1, readyAt: AT - 10 }] }),
      0,
      { ahead: 0, seconds: ready(100) + 6 },
    ],
    [
      'ignores an entry of no instances on their way',
      view({
        coming: [
          { count: 0, readyAt: AT + 10 },
          { count: 1, readyAt: AT + 60 },
        ],
      }),
      0,
      { ahead: 0, seconds: ready(30) + 6 },
    ],
    [
      'waits for instances that are ready at nearly the same time',
      view({
        visible: 2,
        coming: [
          { count: 1, readyAt: AT + 60 },
          { count: 1, readyAt: AT + 56 },
        ],
      }),
      0,
      // Each starts one, and the first half a photo more 6 s after it is ready, when the second has none more.
      { ahead: 2, seconds: ready(34) + 6 + 6 },
    ],
    [
      'waits less with more instances on their way',
      view({ inService: 1, inFlight: 1, visible: 99, coming: [{ count: 20, readyAt: AT + 30 }] }),
      0,
      // In five groups of four, of which the last one is later: 1 + t / 6 + the sum of 4 (1/2 + (t - r) / 6) = 100.5.
      { ahead: 100, seconds: (6 * 91.5 + 4 * FIFTHS) / 17 + 6 },
    ],
  ])('%s', (_case, given, after, expected) => {
    const { ahead, seconds, secondsAtMost } = estimateWait(given, { storedAt: AT + after }, AT + after);
    expect(ahead).toBe(expected.ahead);
    expect(seconds).toBeCloseTo(expected.seconds, 6);
    expect(secondsAtMost).toBeGreaterThan(seconds ?? Infinity);
  });
});

const WITHOUT_COUNTS = view({
  inService: 2,
  inFlight: 2,
  visible: 40,
  arrivalsPerSecond: 1,
  history: [
    { at: AT - 60, backlog: 50, completed: null },
    { at: AT - 30, backlog: 22, completed: null },
    { at: AT, backlog: 42, completed: null },
  ],
});

describe('a photo that the view includes', () => {
  it.each<[string, View, { storedAt: number; now?: number }, { ahead: number; seconds: number }]>([
    [
      'has the unfinished photos ahead that arrived before it',
      // 41 arrived evenly in 30 s, with it among them: 20 ahead of it and ten from before. Six are completed.
      view({ inService: 2, inFlight: 2, visible: 43, history: between(10, 41, 6) }),
      { storedAt: AT - 15 - D },
      { ahead: 10 + 20 - 6, seconds: (22.5 / 2) * 6 + 6 },
    ],
    [
      'has fewer photos ahead as time passes',
      view({ inService: 2, inFlight: 2, visible: 43, history: between(10, 41, 6) }),
      { storedAt: AT - 15 - D, now: AT + 12 },
      { ahead: 24 - 4, seconds: (22.5 / 2) * 6 + 6 - 12 },
    ],
    [
      'that is the only one has none ahead',
      view({ visible: 1, coming: [{ count: 1, readyAt: AT + 60 }], history: between(0, 1, 0) }),
      { storedAt: AT - 10 },
      { ahead: 0, seconds: ready(30) + 6 },
    ],
    [
      'that joined at the time of a sample',
      view({ inService: 2, inFlight: 2, visible: 43, history: between(10, 41, 6) }),
      { storedAt: AT - 30 - D },
      { ahead: 3, seconds: (1.5 / 2) * 6 + 6 },
    ],
    [
      'in flight, of which others are completed since',
      view({ inService: 4, inFlight: 4, arrivalsPerSecond: 0.5, history: between(0, 4, 0) }),
      { storedAt: AT - D, now: AT + 4 },
      { ahead: 0, seconds: 2 },
    ],
    [
      'in flight takes at most a service time',
      // Of four in flight it is the youngest, and half a photo after the one before on average.
      view({ inService: 4, inFlight: 4, history: between(0, 4, 0) }),
      { storedAt: AT - D },
      { ahead: 3, seconds: 6 },
    ],
    [
      'in flight for a while is nearly completed',
      view({ inService: 4, inFlight: 4, history: between(0, 4, 0) }),
      { storedAt: AT - 30 - D + 0.1 },
      { ahead: 0, seconds: 2 },
    ],
    [
      'older than the history has photos ahead by the arrival rate',
      view({ inService: 2, inFlight: 2, visible: 98, arrivalsPerSecond: 0.5, history: between(90, 20, 10) }),
      { storedAt: AT - 30 - 60 - D },
      // 89 others, 30 of them behind it, ten completed.
      { ahead: 89 - 30 - 10, seconds: (47.5 / 2) * 6 + 6 },
    ],
    [
      'that is overdue is next, and late again by a part',
      view({ inService: 2, inFlight: 2, visible: 98, arrivalsPerSecond: 1, history: between(90, 20, 10) }),
      { storedAt: AT - 600, now: AT + 20 },
      { ahead: 0, seconds: 0.4 * (20 - 0.25 * 6) },
    ],
    [
      'without completed counts has photos ahead by the work of the fleet',
      WITHOUT_COUNTS,
      { storedAt: AT - 18 - D },
      // 22 and twelve that arrived; two instances have completed ten since.
      { ahead: 24, seconds: (22.5 / 2) * 6 + 6 },
    ],
    [
      'without completed counts, joined at the time of a sample',
      WITHOUT_COUNTS,
      { storedAt: AT - 30 - D },
      { ahead: 12, seconds: (10.5 / 2) * 6 + 6 },
    ],
    [
      'that arrived after the last completed count, by the arrival rate',
      view({
        inService: 2,
        inFlight: 2,
        visible: 43,
        arrivalsPerSecond: 0.2,
        history: [
          { at: AT - 90, backlog: 0, completed: 60 },
          ...between(10, 41, 6).map((sample) => ({ ...sample, at: sample.at - 30 })),
          { at: AT, backlog: 45, completed: null },
        ],
      }),
      { storedAt: AT - 15 - D },
      // Three arrived in the 15 s after it.
      { ahead: 42, seconds: (40.5 / 2) * 6 + 6 },
    ],
    [
      'with completed counts in some samples, by those',
      view({
        inService: 2,
        inFlight: 2,
        visible: 43,
        arrivalsPerSecond: 0.2,
        history: [
          ...between(10, 41, 6).map((look) => ({ ...look, at: look.at - 30 })),
          { at: AT, backlog: 45, completed: null },
        ],
      }),
      { storedAt: AT - 45 - D },
      // 21 of the 41, with itself, and six that arrived since are behind it.
      { ahead: 45 - 21 - 6, seconds: (16.5 / 2) * 6 + 6 },
    ],
    [
      'without history is the last one',
      view({ history: [], inService: 1, inFlight: 1, visible: 4 }),
      { storedAt: AT - 20 },
      { ahead: 4, seconds: 3.5 * 6 + 6 },
    ],
  ])('%s', (_case, given, { storedAt, now = AT }, expected) => {
    const { ahead, seconds, secondsAtMost } = estimateWait(given, { storedAt }, now);
    expect(ahead).toBe(expected.ahead);
    expect(seconds).toBeCloseTo(expected.seconds, 6);
    expect(secondsAtMost).toBeGreaterThan(seconds ?? Infinity);
  });
});

it('a surge onto a queue that was not empty is taken as even', () => {
  // 60 others came within 30 s; a quarter of them, 15, before the photo, and 10 waited already.
  const late = view({ visible: 71, inService: 1, history: between(10, 61, 0) });
  expect(photosAhead(late, arrivalSamples(late), AT - 22.5).ahead).toBeCloseTo(25, 9);
});
