/** The explanation of two pools: what each has, why instances are on demand, and what the last tick set. */
import { describe, expect, it } from 'vitest';
import { explain, explainJson } from '../../../cli/explain/explanation.ts';
import type { PoolsMemory } from '../../../lambda/scaler/policy/pools/pools.ts';
import { memoryOf, NOW, record } from '../support/memory.ts';

const EMPTY: PoolsMemory = {
  ...{ at: NOW - 4, handover: 0, coming: 0, refusals: [], isReturning: false },
  ...{ missingSince: {}, lasting: [], boots: 0, bootSeconds: 0 },
};
const pool = (before: number, desired: number) => ({
  ...{ before, desired, inService: before, pending: 0, draining: 0 },
});
const POOLS = { spot: pool(3, 1), onDemand: pool(0, 2), stopped: 4 };
const explained = (memory: Partial<PoolsMemory>, pools = POOLS) => {
  const stored = memoryOf([record({ pools })], { policy: { pools: { ...EMPTY, ...memory } } });
  return { stored, explanation: explain(stored, undefined, NOW) };
};
const textOf = (...args: Parameters<typeof explained>) => explained(...args).explanation.sentences.join('\n');

describe('the explanation of two pools', () => {
  it('says what each has, how many are stopped, and what the split has set', () => {
    const text = textOf({});
    expect(text).toContain(
      'Of Spot: 1 desired, 3 in service, 0 pending and 0 draining. On demand: 2 desired, 0 in service, 0 pending and 0 draining; 4 instances stopped that can resume.',
    );
    expect(text).toContain('The split set Spot from 3 to 1 and set on demand from 0 to 2. docs/pools.md');
    const same = { ...POOLS, spot: pool(3, 3) };
    expect(textOf({}, same)).toContain('The split left Spot at 3 and set on demand from 0 to 2.');
  });

  it.each<[string, Partial<PoolsMemory>, string]>([
    [
      'a refusal',
      { shortAt: NOW - 120 },
      'Spot last refused a launch at 09:58:00, 2 min ago, and has given no instance since',
    ],
    [
      'a hand-over',
      { handover: 1, lasting: [{ at: NOW - 300, count: 2 }] },
      '1 instance on demand is being handed over: as many Spot instances boot in their place. The longest has been needed there for 5 min.',
    ],
    ['a burst', {}, '2 instances on demand were launched since Spot refused, or resumed'],
    ['the way back', { isReturning: true }, 'Spot gives instances again, and takes one a tick back'],
  ])('says why instances are on demand: %s', (_why, memory, sentence) => {
    expect(textOf(memory)).toContain(sentence);
    expect(textOf({}, { ...POOLS, onDemand: pool(0, 0) })).not.toContain(sentence);
  });

  it('lists refusals by type and zone until they are forgotten', () => {
    const refusals: PoolsMemory['refusals'] = [
      { pool: 'spot', type: 'g4dn.xlarge', zone: 'us-east-1a', until: NOW + 60 },
      { pool: 'spot', until: NOW - 1 },
      { pool: 'on-demand', until: NOW + 30 },
    ];
    const text = textOf({ refusals });
    expect(text).toContain(
      'Spot has refused launches, which is remembered: g4dn.xlarge in us-east-1a until 10:01:00.',
    );
    expect(text).toContain(
      'On demand, EC2 has refused launches, which is remembered: any launch until 10:00:30.',
    );
    const { stored, explanation } = explained({ refusals, shortAt: NOW - 60 });
    const json = explainJson({ stage: 's', stack: 'S', region: 'r' }, stored, explanation, NOW);
    expect(json.pools).toMatchObject({ ...POOLS, handover: 0, refusedAt: '2026-05-04T09:59:00.000Z' });
  });

  it('is absent for a fleet of one group', () => {
    const memory = memoryOf([record({})]);
    const explanation = explain(memory, undefined, NOW);
    expect(explanation.sentences.join()).not.toContain('Spot');
    expect(explainJson({ stage: 's', stack: 'S', region: 'r' }, memory, explanation, NOW).pools).toBeNull();
  });
});
