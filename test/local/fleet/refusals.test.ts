/** Launches by market, type and zone, and what EC2 refuses of them. */
import { describe, expect, it } from 'vitest';
import type { GroupSettings } from '../../../local/fleet/instance.ts';
import type { Shortage } from '../../../local/fleet/refusals.ts';
import { makeGroup, ON_DEMAND } from '../support/fleet.ts';

const TYPES = ['g4dn.xlarge', 'g6.xlarge'];
const launched = (shortages: Shortage[], count: number, more: Partial<GroupSettings> = {}) => {
  const group = makeGroup({ types: TYPES, ...more });
  group.setShortages(shortages, 0);
  group.setDesired(count, 0);
  return {
    group,
    instances: group.members.map(({ market, type, zone }) => `${market} ${type} ${zone}`),
    refused: group.activities
      .filter(({ statusCode }) => statusCode === 'Failed')
      .map(({ zone, statusMessage }) => `${zone ?? 'any'}: ${statusMessage}`),
  };
};
const SPOT = /Could not launch Spot Instances\. UnfulfillableCapacity - /;

describe('a launch', () => {
  it('is of the first type, in the zones by turns', () => {
    expect(launched([], 2)).toMatchObject({
      instances: ['spot g4dn.xlarge a', 'spot g4dn.xlarge b'],
      refused: [],
    });
  });

  it('is of another type where the first is refused', () => {
    const { instances, refused } = launched([{ types: ['g4dn.xlarge'], zones: ['a'] }], 2);
    expect(instances).toEqual(['spot g6.xlarge a', 'spot g4dn.xlarge b']);
    expect(refused).toEqual([]);
  });

  it('is in another zone where every type is refused, which is an activity once', () => {
    const { instances, refused } = launched([{ zones: ['a'] }], 3);
    expect(instances).toEqual(Array.from({ length: 3 }, () => 'spot g4dn.xlarge b'));
    expect(refused).toEqual([expect.stringMatching(SPOT)]);
    expect(refused[0]).toMatch(/^a: /);
  });

  it('of a market without any capacity is refused in each zone, and tried again later', () => {
    const { group, instances, refused } = launched([{ markets: ['spot'] }], 2);
    expect(instances).toEqual([]);
    expect(refused.map((text) => text.slice(0, 2)).sort()).toEqual(['a:', 'b:']);
    const again = group.nextDeadline();
    expect(again).toBe(5000);
    group.advance(again);
    expect(group.activities).toHaveLength(4);
    group.setShortages([], again + 1);
    expect(group.members).toHaveLength(2);
  });

  it('on demand is not refused by a shortage of Spot', () => {
    const { instances } = launched([{ markets: ['spot'] }], 1, { purchase: ON_DEMAND });
    expect(instances).toEqual(['on-demand g4dn.xlarge a']);
  });
});

it.each([
  [{ onDemandBaseCapacity: 0, spotPercentage: 100 }, 0],
  [{ onDemandBaseCapacity: 1, spotPercentage: 100 }, 1],
  [{ onDemandBaseCapacity: 1, spotPercentage: 50 }, 3],
  [ON_DEMAND, 5],
])('of five instances of a group with %j so many are on demand: %i', (purchase, onDemand) => {
  const { instances } = launched([], 5, { purchase });
  expect(instances.filter((text) => text.startsWith('on-demand'))).toHaveLength(onDemand);
});
