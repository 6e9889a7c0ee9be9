/** Bulk's part of what the instances report. */
import { expect, it } from 'vitest';
import {
  partsOfSums,
  total,
  withParts,
  withOthers,
} from '../../../../../lambda/scaler/policy/bulk/reported.ts';

const increment = (completed: number, bulkCompleted?: number) => ({
  ...{ completed, busySeconds: 6 * completed },
  ...(bulkCompleted === undefined ? {} : { bulkCompleted, bulkBusySeconds: 6 * bulkCompleted }),
});

it.each<[string, believed: number, raw: number, bulk: number, expected: number]>([
  ['all, where all is believed', 10, 10, 4, 4],
  ['as large a part of less', 5, 10, 4, 2],
  ['at most all', 5, 10, 20, 5],
  ['none of an instance that has done nothing', 0, 0, 4, 0],
])('of a report is believed: %s', (_name, believed, raw, bulk, expected) => {
  const one = increment(believed);
  withParts(one, increment(raw, bulk));
  expect(one).toEqual(increment(believed, expected));
});

it('is unknown of an instance that reports none', () => {
  const one = increment(5);
  withParts(one, increment(5));
  expect(one).toEqual(increment(5));
});

it('is in the sum of some, and in what others are taken to have done', () => {
  expect(total([increment(3), increment(4)])).toEqual(increment(7));
  const sum = total([increment(3), increment(4, 2)]);
  expect(sum).toEqual(increment(7, 2));
  expect(withOthers(sum, 3, sum, 1)).toEqual(increment(28, 8));
});

it('is counted from the first report of it on', () => {
  expect(partsOfSums(increment(5), increment(2), 1)).toEqual({});
  expect(partsOfSums(increment(5), increment(2, 1), 2)).toEqual({ bulkCompleted: 2, bulkBusySeconds: 12 });
  expect(partsOfSums(increment(5, 3), increment(2), 2)).toEqual({ bulkCompleted: 3, bulkBusySeconds: 18 });
});
