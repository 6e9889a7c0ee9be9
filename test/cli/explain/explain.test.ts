/** The explanation of a scaling decision, compared with the rule that decided. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sumOf } from '../../../cli/explain/arithmetic.ts';
import { explain, explainJson, explainLines } from '../../../cli/explain/explanation.ts';
import type { StagePolicy } from '../../../cli/explain/sentences.ts';
import { REASON_TEXTS, REASONS } from '../../../contract/reasons.ts';
import { scalerMemoryOf } from '../../../cli/shared/scaler-memory.ts';
import { decide } from '../../../lambda/scaler/policy/decide.ts';
import type { TickRecord } from '../../../lambda/scaler/ports.ts';
import { drive, seen, slo } from '../../lambda/scaler/support/observations.ts';
import { calculated, calculation, intent } from '../support/explained.ts';
import { memoryOf, NOW, record, records } from '../support/memory.ts';

const explanationOf = (
  last: TickRecord,
  more: Record<string, unknown> = {},
  of: StagePolicy | undefined = intent,
) => explain(memoryOf([record({ at: last.at - 30 }), last], more), of, NOW);
const text = (...args: Parameters<typeof explanationOf>) => explanationOf(...args).sentences.join('\n');

it('explains the example of docs/scaling.md', () => {
  expect(explanationOf(calculated).sentences).toEqual([
    'The latest decision is 4 s old (09:59:56 UTC): scale-out.',
    REASON_TEXTS['scale-out'].meaning,
    'It observed 60 waiting and 3 in flight; of the fleet (minimum 0, maximum 20) 3 are in service, 0 pending and 0 draining.',
    'Photos arrive at 0.5 a second; each keeps an instance busy for 6 s; an instance takes 90 s from its request to in service.',
    'To keep up with arrivals takes 0.5 x 6 s = 3 instances.',
    'In 90 s, when capacity requested now is ready, 60 photos will be waiting.',
    'One second of waiting is worth 0.12 instance-seconds, so these are worth 60 x sqrt(0.12 x 6 / (13 x 90)) = 60 x 0.0248 = 1.49 instances more.',
    'Together 3 + 1.49 = 4.49, rounded up: needed 5.',
    'Recently, photos waited 8.25 s on average; the target is 10 s.',
    'So the desired capacity is 5 now; it was less.',
    'The size last changed at 09:59:56, from 3 to 5 (scale-out).',
  ]);
});

it.each([
  [
    1,
    'It did not believe what 1 instance reports (i-1: completed is -5: a number from 0 to 9), and estimated',
  ],
  [
    7,
    'It did not believe what 7 instances report (i-1: completed is -5: a number from 0 to 9; and more), and',
  ],
])('names reports that were not believed: %d', (implausible, sentence) => {
  const disbelieved = [{ instance: 'i-1', why: 'completed is -5: a number from 0 to 9' }];
  expect(text(record({ implausible, disbelieved }))).toContain(sentence);
  expect(text(record({}))).not.toContain('did not believe');
});

it('names the launches that never came into service, why, and when the next one is', () => {
  const latest = [
    { at: NOW - 60, instance: 'i-1', why: 'ComfyUI lacks the node LoadImage' },
    { at: NOW - 30 },
  ];
  const bootFailure = {
    ...{ at: NOW - 4, failures: 5, counted: [], ended: [], suspected: true },
    ...{ latest, pause: { seconds: 120, until: NOW + 90 } },
  };
  const sentences = text(record({ reason: 'boot-failure' }), { policy: { bootFailure } });
  expect(sentences).toContain(
    'The last 5 launches never came into service: ... i-1 at 09:59:00 (ComfyUI lacks the node LoadImage); an instance at 09:59:30.',
  );
  expect(sentences).toContain('The next launch is in 2 min.');
  expect(text(record({}))).not.toContain('never came into service');
  const warmPool = { template: 'lt-1 1', boots: { ...bootFailure, failures: 3 } };
  const pool = text(record({}), { policy: { warmPool } });
  expect(pool).toContain('The last 3 launches into the warm pool never got there: ... i-1 at 09:59:00');
  expect(pool).toContain('From 3 on the pool keeps what it has');
  expect(pool).toContain('The next launch is in 2 min. docs/runbook.md#warm-pool-boot-failure');
  const one = { ...warmPool, boots: { ...bootFailure, failures: 1, latest: latest.slice(1) } };
  const first = text(record({}), { policy: { warmPool: one } });
  expect(first).toContain('The last launch into the warm pool never got there: an instance at 09:59:30.');
  expect(first).not.toContain('keeps what it has');
});

it('shows a sum that equals the number of needed instances, for random observations', () => {
  const look = fc.record({
    visible: fc.nat(400),
    inFlight: fc.nat(20),
    inService: fc.nat(20),
    pending: fc.nat(5),
  });
  const settings = fc.record({
    targetWaitSeconds: fc.integer({ min: 2, max: 120 }),
    serviceSeconds: fc.integer({ min: 1, max: 30 }),
    bootSeconds: fc.integer({ min: 10, max: 300 }),
  });
  let compared = 0;
  fc.assert(
    fc.property(fc.array(look, { minLength: 1, maxLength: 8 }), settings, (looks, some) => {
      const whole = looks.map((one) => ({ ...one, desired: one.inService + one.pending }));
      for (const { calculation: numbers, needed } of drive(whole, { ...slo, ...some })) {
        if (!numbers || needed === undefined) continue;
        const total = Math.max(0, Math.ceil(sumOf(numbers).total));
        // The rule needs none after a long time without photos, and at least one while a photo waits, whatever the sum.
        if (needed > 1) expect(needed).toBe(total);
        if (needed === 1) expect(total).toBeLessThanOrEqual(1);
        compared++;
      }
    }),
    { seed: 5, numRuns: 300 },
  );
  expect(compared).toBeGreaterThan(500);
});

describe('the sum', () => {
  it.each<[string, Partial<typeof calculation>, Partial<TickRecord>, string]>([
    ['a margin', { price: 0.24 }, {}, 'Together 3 + 2.1 + 0.32 = 5.42, rounded up: needed 6.'],
    ['a negative margin', { price: 0.06 }, {}, 'Together 3 + 1.05 - 0.242 = 3.81, rounded up: needed 4.'],
    ['no queue', { queuedThen: 0 }, {}, 'when capacity requested now is ready, no photo will be waiting.'],
    [
      'a minimum of one',
      { rate: 0, load: 0, queuedThen: 0 },
      { needed: 1 },
      'Together 0 + 0 = 0; while photos wait or may arrive, at least one: needed 1.',
    ],
    [
      'no arrivals for long',
      {},
      { needed: 0, desired: 0 },
      'but no photo has arrived for long enough, so none is needed.',
    ],
    ['a growing forecast', { load: 4.2 }, {}, '0.5 x 6 s = 3 instances; and looking ahead, 4.2.'],
    ['a falling forecast', { load: 2 }, {}, '0.5 x 6 s = 3 instances; but looking ahead, 2.'],
    ['late instances', { late: 2 }, {}, '2 instances should be in service by now and are not.'],
  ])('with %s', (_name, more, what, said) => {
    const numbers = { ...calculation, ...more };
    const needed = Math.ceil(sumOf(numbers).total);
    expect(text({ ...calculated, needed, ...what, calculation: numbers })).toContain(said);
  });

  it('leaves out an unknown mean wait and an unknown target', () => {
    expect(
      text({ ...calculated, calculation: { ...calculation, meanWait: null as unknown as number } }),
    ).toContain('Too few photos started recently for a mean wait.');
    expect(explain(memoryOf([calculated]), undefined, NOW).sentences).toContain(
      'Recently, photos waited 8.25 s on average.',
    );
  });
});

describe('each reason', () => {
  it.each(REASONS)('%s is explained without undefined, NaN or null', (reason) => {
    const bare = reason === 'metrics-unavailable' || reason === 'inconsistent-metrics';
    const last = record({ reason, needed: bare ? null : 5, ...(bare ? {} : { calculation }) });
    const { sentences } = explanationOf(last);
    expect(sentences[0]).toBe(`The latest decision is 4 s old (09:59:56 UTC): ${reason}.`);
    expect(sentences[1]).toBe(REASON_TEXTS[reason].meaning);
    expect(sentences.join('\n')).not.toMatch(/undefined|NaN|null/);
  });

  it('has its own meaning', () => {
    const meanings = REASONS.map((reason) => REASON_TEXTS[reason].meaning);
    expect(new Set(meanings).size).toBe(REASONS.length);
  });

  it.each<[Partial<TickRecord>, string]>([
    [{ reason: 'at-max', needed: 30, desired: 20 }, 'It stays 20, the allowed maximum (20 by the group).'],
    [{ reason: 'shortage', unfulfilled: 2 }, '2 instances of them are unfulfilled.'],
    [{ reason: 'shortage', unfulfilled: 1 }, '1 instance of them is unfulfilled.'],
    [
      { reason: 'over-budget' },
      'It stays 3: today has cost USD 121.50, the limit in bin/stages.ts is USD 120.00.',
    ],
    [
      { reason: 'metrics-unavailable', visible: null, desired: null, needed: null },
      'It could not read the queue and the group',
    ],
    [
      { reason: 'metrics-unavailable', visible: null, needed: null },
      'It could not read the queue: the scaler',
    ],
    [
      { reason: 'metrics-unavailable', needed: null },
      'It could not read its memory, or reading took too long',
    ],
    [{ reason: 'steady', needed: 2 }, 'The desired capacity stays 3: the surplus'],
  ])('is explained for %j', (more, said) => {
    const ledger = {
      ...{ at: NOW - 4, perHour: 1, day: Math.floor(NOW / 86_400), spent: 121.5 },
      ...{ inService: 3, busySeconds: null },
    };
    expect(text(record({ calculation, ...more }), { ledger })).toContain(said);
  });

  it.each<[Partial<TickRecord>, string | undefined]>([
    // Large enough for arrivals, and too small for the photos that wait.
    [
      { reason: 'at-max', visible: 50, needed: 3, desired: 5 },
      '50 x 6 s / 5 = 60 s to process the waiting photos, more than the 10 s of the target.',
    ],
    [
      { reason: 'paused', visible: 50, needed: 5, desired: 5 },
      '50 x 6 s / 5 = 60 s to process the waiting photos',
    ],
    // Held since it should be smaller.
    [{ reason: 'paused', visible: 0, needed: 1, desired: 5 }, undefined],
    [{ reason: 'at-max', visible: 50, needed: 6, desired: 5 }, undefined],
    [{ reason: 'steady', visible: 50, needed: 3, desired: 5 }, undefined],
  ])('with %j includes the time to process the waiting photos: %s', (more, said) => {
    const sentences = text(record({ calculation, ...more }));
    if (said === undefined) expect(sentences).not.toContain('to process the waiting photos');
    else expect(sentences).toContain(said);
  });

  it('of the threshold policy is explained by its rule', () => {
    const rule: StagePolicy = { kind: 'threshold', scaleOutBacklog: 50, scaleOutStep: 2, dailySpendLimit: 1 };
    const last = record({ needed: null });
    expect(text(last, {}, rule)).toContain(
      '50 waiting add 2 instances, an empty queue with an idle instance removes one',
    );
    // A stage that this checkout does not have.
    expect(explain(memoryOf([last]), undefined, NOW).sentences.join('\n')).toContain(
      'a long queue adds instances',
    );
  });
});

describe('the age of the decision', () => {
  it('is a warning that the scaler has stopped when it is high', () => {
    const old = explanationOf({ ...calculated, at: NOW - 900 });
    expect(old.stale).toBe(true);
    expect(old.sentences[0]).toBe(
      'THE SCALER HAS STOPPED: the latest decision is 15 min old. docs/runbook.md#no-tick',
    );
    expect(explanationOf(calculated).stale).toBe(false);
  });

  it('is missing before the first decision', () => {
    const { decision, sentences } = explain(scalerMemoryOf(undefined), intent, NOW);
    expect(decision).toBeUndefined();
    expect(sentences).toHaveLength(1);
  });

  it('comes with the period without a change of the size', () => {
    const memory = memoryOf(records({}, {}, {}));
    expect(explain(memory, intent, NOW).sentences.at(-1)).toBe(
      'The size has not changed within the last 64 s, which is all that the scaler remembers.',
    );
  });
});

it('names the controls in effect', () => {
  const controls = { pauseScaleOut: { until: NOW + 60 }, ceiling: { instances: 4, until: NOW + 60 } };
  const said = text({ ...calculated, reason: 'paused' }, { controls });
  expect(said).toContain(
    'Control in effect: scale-out is paused: the fleet does not grow, until 2026-05-04 10:01:00 UTC',
  );
  expect(said).toContain('Control in effect: ceiling: at most 4 instances');
});

it('has JSON with decision, calculation, controls and last change', () => {
  const memory = memoryOf([record({ at: NOW - 34 }), calculated]);
  const where = { stage: 'dev', stack: 'DDColorElastic-dev', region: 'us-east-1' };
  const explained = explain(memory, intent, NOW);
  const json = explainJson(where, memory, explained, NOW);
  expect(json).toMatchObject({
    command: 'explain',
    ...where,
    decision: {
      reason: 'scale-out',
      at: '2026-05-04T09:59:56.000Z',
      ageSeconds: 4,
      stale: false,
      needed: 5,
      desired: 5,
    },
    calculation: { ...calculation, sum: { now: 3, load: 3, margin: 0 } },
    controls: [],
    lastChange: { reason: 'scale-out', before: 3, desired: 5 },
  });
  expect(json.calculation?.sum.total).toBeCloseTo(4.488, 3);
  expect(explainLines(where, explained)).toEqual([
    'Stage dev (DDColorElastic-dev, us-east-1)',
    '',
    ...json.sentences,
  ]);
  const nothing = explain(scalerMemoryOf(undefined), intent, NOW);
  expect(explainJson(where, scalerMemoryOf(undefined), nothing, NOW)).toMatchObject({
    decision: null,
    calculation: null,
    lastChange: null,
  });
});

it('explains a decision of the rule', () => {
  const { reason, needed, calculation: numbers, desired } = decide(seen({ visible: 60 }), {}, slo);
  const sentences = text(record({ reason, needed: needed ?? null, desired, calculation: numbers }));
  expect(sentences).toContain(`needed ${needed}.`);
});
