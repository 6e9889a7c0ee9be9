/** The formulas of docs/scaling.md, with numbers from a calculator. */
import { describe, expect, it } from 'vitest';
import {
  batchOf,
  clearingSeconds,
  instancesForQueue,
  keptInstances,
  marginAt,
  neededInstances,
  queuedWhenReady,
} from '../../../../lambda/scaler/policy/sizing.ts';
import { startPrice } from '../../../../lambda/scaler/policy/price.ts';

it.each([
  [60, 45, 45, 60],
  // The worked example.
  [720, 540, 540, 720],
  [10, 5, 40, 0],
  [0, 20, 5, 15],
])('%d waiting, %d arriving, %d finishing: %d will wait', (visible, arriving, finishing, queued) => {
  expect(queuedWhenReady(visible, arriving, finishing)).toBe(queued);
});

it.each([
  // 60 x sqrt(0.12 x 6 / (13 x 90)) = 60 x 0.024807.
  [60, 0.12, 6, 90, 1.4884],
  [300, 0.12, 6, 90, 7.4421],
  // Four times the price, twice the instances; four times the boot, half of them.
  [60, 0.48, 6, 90, 2.9768],
  [60, 0.12, 6, 360, 0.7442],
  [0, 0.12, 6, 90, 0],
  // The worked example.
  [720, 0.01, 0.5, 90, 1.4884],
])('a queue of %d at price %d, service %d s, boot %d s takes %d instances', (q, p, s, b, instances) => {
  expect(instancesForQueue(q, p, s, b)).toBeCloseTo(instances, 4);
});

it.each([
  [0.12, 0],
  // 2^0.4 - 1 and 0.5^0.4 - 1.
  [0.24, 0.3195],
  [0.06, -0.2421],
])('a price of %d has a margin of %d', (price, margin) => {
  expect(marginAt(price)).toBeCloseTo(margin, 4);
  // As batches of twenty at a twentieth of the price.
  expect(marginAt(price / 20, 20)).toBeCloseTo(margin, 4);
});

it.each([
  [10, 6, 90, 0.12],
  [10, 6, 180, 0.24],
  [10, 24, 90, 0.48],
  [10, 0.3, 90, 0.006],
  // (10 / 40)^1.5 = 1 / 8.
  [40, 6, 90, 0.015],
])('a target of %d s, service %d s and boot %d s start at a price of %d', (target, service, boot, price) => {
  expect(startPrice(target, service, boot)).toBeCloseTo(price, 10);
});

it.each([
  [1, 0.5, 1],
  // The median of what batches of ten scatter is 4.55: 1 + 3.55 / 0.455.
  [4.55, 0.5, 8.8022],
  // No more than the work of one photo of 6 s.
  [50, 0.5, 12],
  [50, 6, 1],
  [1, 12, 0.5],
])('of %d photos that arrive together, at %d s each, %d count as one', (dispersion, service, batch) => {
  expect(batchOf(dispersion, service)).toBeCloseTo(batch, 3);
});

describe('instances', () => {
  it.each([
    [{ load: 3, margin: 0, forQueue: 1.49 }, 63, 5, 5],
    // The worked example.
    [{ load: 3, margin: -0.498, forQueue: 1.86 }, 903, 5, 5],
    [{ load: 3, margin: 0.32, forQueue: 0 }, 1, 4, 4],
    // 3 + √(3 · 6 / 150) = 3.35 keeps a fourth one.
    [{ load: 3, margin: 0, forQueue: 0 }, 1, 3, 4],
    [{ load: 2.5, margin: -0.24, forQueue: 0.1 }, 1, 3, 3],
    // A deviation of 0.2: a smaller load has less noise.
    [{ load: 1, margin: 0.79, forQueue: 0 }, 1, 2, 2],
    [{ load: 1, margin: 0.81, forQueue: 0 }, 1, 2, 3],
    // At most 0.4.
    [{ load: 100, margin: 0.59, forQueue: 0 }, 1, 101, 101],
    [{ load: 100, margin: 0.61, forQueue: 0 }, 1, 101, 102],
    [{ load: 0.1, margin: -0.5, forQueue: 0 }, 1, 1, 1],
    [{ load: 0.1, margin: -0.5, forQueue: 0 }, 0, 0, 1],
  ])('for %j with a backlog of %d: %d needed, %d kept', (parts, backlog, needed, kept) => {
    expect(neededInstances(parts, backlog)).toBe(needed);
    expect(keptInstances(parts, 6)).toBe(kept);
  });
});

it.each([
  [50, 6, 5, 60],
  [50, 6, 0, 300],
  [0, 6, 5, 0],
])('%d photos of %d s on %d instances take %d s', (visible, service, instances, seconds) => {
  expect(clearingSeconds(visible, service, instances)).toBe(seconds);
});
