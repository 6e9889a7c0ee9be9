/** The explanation of sidelined photos: how many, whose, their share of the workers, and when the last of them starts. */
import { expect, it } from 'vitest';
import { explain, explainJson } from '../../../cli/explain/explanation.ts';
import type { TickRecord } from '../../../lambda/scaler/ports.ts';
import { sidelinedOutlook } from '../../../cli/shared/sidelined.ts';
import { QueueShare } from '../../../worker/photo/queue-share.ts';
import { calculation, intent } from '../support/explained.ts';
import { memoryOf, NOW, record } from '../support/memory.ts';

const where = { stage: 'dev', stack: 'DDColorElastic-dev', region: 'us-east-1' };
const explained = (more: Partial<TickRecord>) => {
  const memory = memoryOf([record({ visible: 60, sidelined: 20, inService: 6, calculation, ...more })]);
  const found = explain(memory, intent, NOW);
  return {
    sentences: found.sentences.filter((sentence) => /sidelined/.test(sentence)),
    json: explainJson(where, memory, found, NOW).sidelined,
  };
};
const [whose, share] = [
  "Of those waiting 20 photos are sidelined, in the interactive lane's second queue: of callers of the API with more than 6 unfinished ones (the number in service, 4 at least), or put under sidelined/ by their uploader.",
  'Workers start 3 photos of the first queue before a sidelined one: 1 of 4 starts of the lane while both wait, else all.',
];
const link = 'docs/lanes.md#between-callers';
const outlook = { photos: 20, callerLimit: 6, shareOfStarts: 0.25 };

// Six instances that take 6 s for a photo start one a second.
it.each<[string, Partial<TickRecord>, last: string, lastStartSeconds: [number, number] | null]>([
  [
    'what waits is enough for both queues',
    {},
    ' With the fleet as it is the last of them starts in 60 s to 80 s: soonest if no other photo comes, at the latest if the first queue is never empty.',
    [60, 80],
  ],
  [
    'the first queue is empty',
    { visible: 20 },
    ' With the fleet as it is the last of them starts in 20 s to 80 s:',
    [20, 80],
  ],
  [
    'the first queue is long',
    { visible: 600 },
    ' With the fleet as it is the last of them starts in 80 s:',
    [80, 80],
  ],
  [
    'bulk photos wait',
    { bulk: { visible: 9, inFlight: 0 } },
    ' With the fleet as it is the last of them starts in 67 s to 89 s:',
    [60 / 0.9, 80 / 0.9],
  ],
  ['no service time is measured', { calculation: undefined }, ` ${link}`, null],
])('%s', (_case, more, last, lastStartSeconds) => {
  const { sentences, json } = explained(more);
  expect(sentences).toHaveLength(2);
  expect(sentences[0]).toBe(whose);
  expect(sentences[1]).toContain(`${share}${last}`);
  expect(sentences[1]).toMatch(new RegExp(`${link}$`));
  const rounded = json?.lastStartSeconds?.map((seconds) => Number(seconds.toFixed(6))) ?? null;
  expect({ ...json, lastStartSeconds: rounded }).toEqual({
    ...outlook,
    lastStartSeconds: lastStartSeconds?.map((seconds) => Number(seconds.toFixed(6))) ?? null,
  });
});

it.each<[first: number, sidelined: number]>([
  [40, 20],
  [580, 20],
  [0, 20],
  [7, 50],
])('a worker starts the last of %d and %d photos by then', (first, sidelined) => {
  const startsUntilLast = (isEndless: boolean) => {
    const share = new QueueShare();
    const waiting = { interactive: isEndless ? Infinity : first, sidelined, bulk: 0 };
    let starts = 0;
    while (waiting.sidelined > 0) {
      const queue = share.order.find((one) => waiting[one] > 0)!;
      waiting[queue]--;
      starts++;
      share.started(queue, 1, (one) => waiting[one] > 0);
    }
    return starts;
  };
  const { lastStarts } = sidelinedOutlook({
    ...{ waiting: first + sidelined, sidelined, bulkWaiting: 0, inService: 1, serviceSeconds: 1 },
  });
  expect(lastStarts).toEqual([startsUntilLast(false), startsUntilLast(true)]);
});

it('a single photo, before an instance is in service', () => {
  const { sentences } = explained({ visible: 1, sidelined: 1, inService: 0 });
  expect(sentences[0]).toMatch(/^Of those waiting 1 photo is sidelined, .* with more than 4 unfinished ones/);
  expect(sentences[1]).toBe(`${share} None starts before an instance is in service. ${link}`);
});

it.each<[string, Partial<TickRecord>]>([
  ['none is', { sidelined: undefined }],
  ['the queue could not be read', { visible: null }],
  ['the fleet could not be read', { inService: null }],
])('says nothing where %s', (_case, more) => expect(explained(more)).toEqual({ sentences: [], json: null }));
