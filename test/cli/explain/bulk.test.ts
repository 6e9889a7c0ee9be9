/** The explanation of what bulk photos ask of the fleet. */
import { expect, it } from 'vitest';
import { bulkSentences } from '../../../cli/explain/bulk.ts';
import type { TickRecord } from '../../../lambda/scaler/ports.ts';
import { NOW, record } from '../support/memory.ts';

const numbers = { serviceSeconds: 1.5, workSeconds: 1200, needed: 0, deadlineSeconds: 3600 };
const textOf = (changes: Partial<typeof numbers>, dueAt?: number) => {
  const calculation = { bulk: { ...numbers, ...changes } } as TickRecord['calculation'];
  const bulk = { visible: 790, inFlight: 10, ...(dueAt !== undefined && { dueAt }) };
  return bulkSentences(record({ bulk, calculation, desired: 2 }), NOW).join();
};

it.each<[string, string, string]>([
  [
    'with time left',
    textOf({}, NOW + 600),
    '800 bulk photos: 1200 instance-seconds of work at 1.50 s each, within 60 min of their arrival; the oldest is due at 10:10:00, in 10 min. The fleet as it is meets their deadlines, or there is time to buy later. docs/lanes.md',
  ],
  [
    'late',
    textOf({ needed: 5 }, NOW - 60),
    'the oldest was due at 09:59:00, 60 s ago. With the interactive photos their deadlines need 5 instances, and the fleet has 2.',
  ],
  ['without a known time', textOf({}), 'of their arrival. The fleet'],
])('%s', (_name, text, expected) => {
  expect(text).toContain(expected);
});

it('says nothing where no bulk photo waits', () => {
  expect(bulkSentences(record({}), NOW)).toEqual([]);
});
