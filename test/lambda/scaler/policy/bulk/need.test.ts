import { describe, expect, it } from 'vitest';
import { bulkNeed, type BulkWork } from '../../../../../lambda/scaler/policy/bulk/need.ts';
import { MOST_ARRIVALS, nextProfile } from '../../../../../lambda/scaler/policy/bulk/profile.ts';

/** Photos of 1 s, boots of 100 s, an hour: all is to be done 2,880 s after it arrived. */
const needOf = ({ fleet = 0, ...more }: Partial<BulkWork> & { fleet?: number }) =>
  bulkNeed({
    ...{ at: 0, waiting: [], service: 1, boot: 100, deadline: 3600, counted: fleet },
    offers: (seconds) => [{ count: fleet, seconds }],
    taken: () => 0,
    ...more,
  });
const album = (count: number, at = 0) => [{ at, count }];

describe('what the deadlines of bulk photos need', () => {
  it.each<[string, Parameters<typeof needOf>[0], number]>([
    ['nothing without a photo', {}, 0],
    ['nothing yet for a small album', { waiting: album(1000) }, 0],
    ['an instance once the work takes it as long as there is', { waiting: album(1000), at: 1680 }, 1],
    ['nothing a second earlier', { waiting: album(1000), at: 1679 }, 0],
    ['whole instances of a large album at once', { waiting: album(6000) }, 2],
    ['what the fleet leaves counts first', { waiting: album(6000), fleet: 1 }, 2],
    ['a part of an instance later', { waiting: album(6000), fleet: 2 }, 0],
    ['nothing where that is enough', { waiting: album(6000), fleet: 3 }, 0],
    ['interactive work is taken off', { waiting: album(6000), fleet: 3, taken: (s) => 2 * s }, 4],
    ['a single photo boots one in time', { waiting: album(1), at: 3600 - 720 - 100 - 360 }, 1],
    ['and not sooner', { waiting: album(1), at: 3600 - 720 - 100 - 361 }, 0],
    ['late photos within half the margin', { waiting: album(1000), at: 10_000 }, 4],
    ['the earliest deadline of several', { waiting: [...album(1000), ...album(1000, 1600)], at: 1680 }, 1],
  ])('%s', (_what, given, needed) => expect(needOf(given).needed).toBe(needed));

  it.each<[string, Parameters<typeof needOf>[0], number]>([
    ['what would have to be bought again', { waiting: album(6000), fleet: 3 }, 3],
    ['no more than the work needs', { waiting: album(6000), fleet: 10 }, 3],
    ['one for any photo', { waiting: album(1), fleet: 10 }, 1],
    ['all while it is not enough', { waiting: album(6000), fleet: 2 }, 2],
  ])('keeps %s', (_what, given, kept) => expect(needOf(given).kept).toBe(kept));

  it.each<[what: string, photos: number, coming: [count: number, lateBy: number], kept: number]>([
    ['of instances that come late the more can go', 8500, [4, 1440], 4],
    ['of those that come too late all', 6500, [4, 2880], 3],
    ['of those that come at once the same as of those in service', 6500, [4, 0], 3],
  ])('%s', (_what, photos, [count, lateBy], kept) => {
    const offers = (fleet: number) => (seconds: number) => [
      { count: Math.max(0, fleet - 3), seconds: Math.max(0, seconds - lateBy) },
      { count: Math.min(3, fleet), seconds },
    ];
    const first = needOf({ waiting: album(photos), counted: 3 + count, offers: offers(3 + count) });
    expect(first.kept).toBe(kept);
    const again = needOf({ waiting: album(photos), counted: first.kept, offers: offers(first.kept) });
    expect(again.kept).toBe(kept);
  });
});

describe('the profile of what waits', () => {
  const change = { at: 60, since: 30, arrived: 0, backlog: 10 };
  it.each([
    ['what arrived came after the last tick', [], { ...change, arrived: 10 }, [{ at: 30, count: 10 }]],
    ['the oldest are done first', [...album(5), ...album(10, 20)], change, [{ at: 20, count: 10 }]],
    ['what nobody saw arrive has just arrived', album(4), change, [...album(4), { at: 30, count: 6 }]],
    ['a clock that was set back', album(10, 90), change, [{ at: 60, count: 10 }]],
    ['an empty queue', album(10), { ...change, backlog: 0 }, []],
  ])('%s', (_what, before, given, expected) => expect(nextProfile(before, given)).toEqual(expected));

  it('is bounded, and merges into the earlier time', () => {
    let waiting = album(1);
    for (let k = 1; k < 500; k++)
      waiting = nextProfile(waiting, { at: 30 * k + 30, since: 30 * k, arrived: 1, backlog: k + 1 });
    expect(waiting.length).toBeLessThanOrEqual(MOST_ARRIVALS);
    expect(waiting[0]?.at).toBe(0);
    expect(waiting.reduce((sum, { count }) => sum + count, 0)).toBe(500);
  });
});
