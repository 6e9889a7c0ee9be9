/** What `explain` says of how long the last instance is kept, compared with the rule. */
import { describe, expect, it } from 'vitest';
import { explain, explainJson } from '../../../cli/explain/explanation.ts';
import { keepTimeOf } from '../../../cli/explain/sleep.ts';
import type { StagePolicy } from '../../../cli/explain/sentences.ts';
import { keepSeconds, wakeUpOf } from '../../../lambda/scaler/policy/sleep.ts';
import { calculated, calculation, intent } from '../support/explained.ts';
import { memoryOf, NOW, record } from '../support/memory.ts';

describe('how long the last instance is kept', () => {
  const bin = (seconds: number) => Math.ceil((2 * Math.log(seconds / 5)) / Math.log(2));
  /** @param gaps of these lengths, seconds */
  const sleepOf = (gaps: number[], more: object = {}) => {
    const weights = Array<number>(22).fill(0);
    for (const seconds of gaps) weights[bin(seconds)]! += 1;
    return { gaps: weights, looks: 0, woken: { count: 0, photos: 0, waited: 0 }, ...more };
  };
  const said = (keepSeconds: number, sleep: object, of: Partial<StagePolicy> = {}, desired = 1) => {
    const last = record({
      ...{ visible: 0, inFlight: 0, desired, needed: 0 },
      calculation: { ...calculation, keepSeconds },
    });
    const memory = memoryOf([record({ at: last.at - 30 }), last]);
    memory.policy = { slo: { sleep } } as typeof memory.policy;
    return explain(memory, { ...intent, ...of }, NOW).sentences.filter((sentence) =>
      sentence.includes('empty queue'),
    );
  };

  it.each<[string, number, object, Partial<StagePolicy>, string]>([
    [
      'learned from short gaps',
      80,
      sleepOf([20, 20, 40, 40, 70, 6000], { emptyAt: NOW - 35 }),
      {},
      'With an empty queue the last instance is kept for 80 s: 83 % of 6 gaps between photos ended within that time, and a wake-up costs 101 instance-seconds (a boot, and the waits for it). It has been empty for 31 s.',
    ],
    [
      'learned from long gaps',
      0,
      sleepOf([3000, 3000, 3000, 20]),
      {},
      'With an empty queue the last instance goes at once: half of 4 gaps between photos were longer than 43 min, and a wake-up costs 101 instance-seconds (a boot, and the waits for it), less than keeping it through such gaps.',
    ],
    [
      'while few gaps are known',
      100.8,
      sleepOf([20]),
      {},
      'With an empty queue the last instance is kept for 2 min, since a wake-up costs 101 instance-seconds (a boot, and the waits for it): as long as fewer than 3 gaps between photos are known (1 gap), whatever comes then costs at most twice the least possible.',
    ],
    [
      'fixed by the stage',
      300,
      sleepOf([20, 20, 20]),
      { sleepAfterSeconds: 300 },
      "With an empty queue the last instance is kept for 5 min, as the stage's sleepAfterSeconds says.",
    ],
  ])('%s', (_name, keepSeconds, sleep, of, sentence) =>
    expect(said(keepSeconds, sleep, of)).toEqual([sentence]),
  );

  it('is not there for a fleet with a minimum, and no time runs for one at zero', () => {
    expect(explain(memoryOf([calculated]), intent, NOW).sentences.join('\n')).not.toContain('empty queue');
    expect(said(80, sleepOf([20, 20, 40], { emptyAt: NOW - 35 }), {}, 0)[0]).not.toContain('has been empty');
  });

  it('is in the JSON', () => {
    const last = record({ calculation: { ...calculation, keepSeconds: 80 } });
    const memory = memoryOf([last]);
    memory.policy = { slo: { sleep: sleepOf([20, 40, 6000]) } } as typeof memory.policy;
    const where = { stage: 'dev', stack: 'DDColorElastic-dev', region: 'us-east-1' };
    const json = (of: typeof memory) => explainJson(where, of, explain(of, intent, NOW), NOW);
    expect(json(memory).keepTime).toMatchObject({ seconds: 80, fixed: false, gaps: 3, ended: 2 / 3 });
    expect(json(memoryOf([calculated])).keepTime).toBeNull();
  });

  it('is as the rule computes it', () => {
    const gaps = [20, 20, 40, 40, 70, 6000];
    const sleep = sleepOf(gaps);
    const keep = keepSeconds(sleep, wakeUpOf(sleep, 90, 0.12));
    expect(keepTimeOf({ ...calculation, keepSeconds: keep }, sleep, undefined)).toMatchObject({
      ...{ seconds: keep, fixed: false, gaps: 6, ended: 5 / 6 },
      wakeUpCost: 90 + 0.12 * 90,
    });
  });
});
