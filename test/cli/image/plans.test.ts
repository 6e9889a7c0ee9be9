/** Plans of bake, promotion and rollback, as pure functions. */
import { describe, expect, it } from 'vitest';
import { imageBefore, imagesToRemove, type Image } from '../../../cli/image/images.ts';
import {
  launchOptions,
  planPromotion,
  reasonNotToPromote,
  type LaunchGroup,
  type PromotionState,
} from '../../../cli/image/promotion-plan.ts';
import { rollbackTarget, type RollbackState } from '../../../cli/image/rollback.ts';

/** Images created a minute apart; `b?` is pending, `b!` has failed. */
const images = (names: string): Image[] =>
  names.split(' ').map((name, k) => ({
    id: name.replace(/[?!]$/, ''),
    createdAt: new Date(Date.UTC(2026, 10, 1, 0, k)).toISOString(),
    state: name.endsWith('?') ? 'pending' : name.endsWith('!') ? 'failed' : 'available',
  }));

describe('images to remove', () => {
  it.each([
    ['a b c', '', ''],
    ['a b c d', '', 'a'],
    ['a b c d e f', '', 'a b c'],
    ['a b c d e f', 'a', 'b c d'],
    ['a b c d e f', 'a b c', 'd e f'],
    ['a b c d e f', 'a b c d', 'e f'],
    ['a b c d', 'gone', 'a'],
    ['a b c d? e', '', 'a'],
    ['a? b? c? d?', '', ''],
    ['a! b c d', '', 'a'],
    ['a b c d!', 'd', 'a'],
  ])('of %s, with %s in use: %s', (all, imagesInUse, gone) => {
    const removed = imagesToRemove(images(all).reverse(), imagesInUse.split(' '));
    expect(removed.map(({ id }) => id).join(' ')).toBe(gone);
  });
});

describe('the previous image', () => {
  it.each([
    ['a b', 'b', 'a b', 'a'],
    ['a b b', 'b', 'a b', 'a'],
    ['a b c', 'c', 'a c', 'a'],
    ['a b c', 'c', 'c', undefined],
    ['a b a', 'a', 'a b', 'b'],
    ['a b', 'b', 'a? b', undefined],
    ['a', 'a', 'a', undefined],
    ['', undefined, 'a', undefined],
  ])('with history %s, current %s and existing %s: %s', (history, current, there, before) => {
    expect(imageBefore(history.split(' '), current, images(there))).toBe(before);
  });
});

const fleet = {
  groupName: 'ddcolor-elastic-dev',
  desired: 3,
  templateId: 'lt-1',
  templateVersion: '7',
  instanceTypes: ['g4dn.xlarge', 'g5.xlarge'],
  subnets: ['subnet-1', 'subnet-2'],
};
const group = (more: Partial<LaunchGroup>): LaunchGroup => ({
  ...{ fleet, refresh: undefined, fixedImage: undefined },
  ...more,
});
const onDemand = { ...fleet, groupName: 'ddcolor-elastic-dev-on-demand', desired: 1 };
const state: PromotionState = {
  stage: 'dev',
  candidate: 'e',
  current: 'a',
  images: images('a b c d e'),
  groups: [group({})],
  leftOver: [],
  imagesInUse: ['a', 'e'],
};

describe('a promotion', () => {
  it.each<[string, Partial<PromotionState>, string | undefined]>([
    ['is allowed', {}, undefined],
    ['is allowed for the first image of a stage', { current: undefined }, undefined],
    [
      'is rejected without a candidate',
      { candidate: undefined },
      "stage 'dev' has no candidate: npx ddcolor-elastic image bake --stage dev",
    ],
    [
      'is rejected when the candidate is the current image',
      { current: 'e' },
      'the candidate e is in service already',
    ],
    ['is rejected for a deleted candidate', { candidate: 'x' }, 'the candidate x is gone, not available'],
    [
      'is rejected for a pending candidate',
      { images: images('a e?') },
      "the candidate e is 'pending', not available",
    ],
    [
      'is rejected while another candidate instance runs',
      { leftOver: ['i-1', 'i-2'] },
      'aws ec2 terminate-instances --instance-ids i-1 i-2',
    ],
    [
      'is rejected during an instance refresh',
      { groups: [group({ refresh: 'r-1' })] },
      'aws autoscaling cancel-instance-refresh --auto-scaling-group-name ddcolor-elastic-dev',
    ],
    [
      'is rejected during an instance refresh of the on-demand group',
      { groups: [group({}), group({ fleet: onDemand, refresh: 'r-2' })] },
      'aws autoscaling cancel-instance-refresh --auto-scaling-group-name ddcolor-elastic-dev-on-demand',
    ],
    [
      'is rejected without a subnet',
      { groups: [group({ fleet: { ...fleet, subnets: [] } })] },
      'npm run deploy -- --stage dev',
    ],
  ])('%s', (_what, change, part) => {
    const found = reasonNotToPromote({ ...state, ...change });
    if (part === undefined) expect(found).toBeUndefined();
    else expect(found).toContain(part);
  });

  it('lists its steps in order', () => {
    const { steps, remove, candidate } = planPromotion(state, 15);
    expect(candidate).toBe('e');
    expect(remove.map(({ id }) => id)).toEqual(['b', 'c']);
    expect(steps).toEqual([
      'Launch one g4dn.xlarge or g5.xlarge, on demand, of e outside of ddcolor-elastic-dev, from lt-1 version 7.',
      'Wait up to 15 minutes until it has coloured the known picture; it receives no photos.',
      'Terminate it. Unless it passed, stop here without a change.',
      "Set the current image of stage 'dev' from a to e.",
      'Start an instance refresh of ddcolor-elastic-dev: 3 instances, each replaced before it is terminated.',
      'Remove the image b of 2026-11-01T00:01:00.000Z with its snapshots.',
      'Remove the image c of 2026-11-01T00:02:00.000Z with its snapshots.',
    ]);
  });

  it.each<[string, Partial<LaunchGroup>, string]>([
    [
      'refreshes the on-demand group too',
      {},
      'Start an instance refresh of ddcolor-elastic-dev-on-demand: 1 instances, each replaced before it is terminated.',
    ],
    [
      'leaves an on-demand group with a warm pool to a deploy',
      { fixedImage: 'b' },
      'Leave the instances of ddcolor-elastic-dev-on-demand to npm run deploy -- --stage dev, since ddcolor-elastic-dev-on-demand has a warm pool and its launch template names b itself.',
    ],
  ])('%s', (_what, more, step) => {
    const { steps } = planPromotion(
      { ...state, groups: [group({}), group({ fleet: onDemand, ...more })] },
      15,
    );
    expect(steps[4]).toContain('Start an instance refresh of ddcolor-elastic-dev: 3 instances');
    expect(steps[5]).toBe(step);
  });

  it('tries each type in each subnet before the next type', () => {
    expect(launchOptions(fleet).map(({ instanceType, subnet }) => `${instanceType} ${subnet}`)).toEqual([
      'g4dn.xlarge subnet-1',
      'g4dn.xlarge subnet-2',
      'g5.xlarge subnet-1',
      'g5.xlarge subnet-2',
    ]);
  });
});

describe('a rollback', () => {
  const at: RollbackState = {
    stage: 'dev',
    current: 'b',
    history: ['a', 'b'],
    images: images('a b c d?'),
    to: undefined,
    groups: [group({})],
  };
  it.each<[string, Partial<RollbackState>, string]>([
    ['sets the previous image', {}, 'a'],
    ['sets the image of --to', { to: 'c' }, 'c'],
    ['is rejected without a current image', { current: undefined }, "stage 'dev' has no current image"],
    [
      'is rejected without an earlier image',
      { images: images('b c') },
      'no image that was in service before b is left',
    ],
    ['is rejected for the current image', { to: 'b' }, 'b is in service already'],
    ['is rejected for an unknown image', { to: 'x' }, 'x is no image of this service'],
    ['is rejected for a pending image', { to: 'd' }, "d is 'pending'"],
    [
      'is rejected during an instance refresh',
      { groups: [group({}), group({ fleet: onDemand, refresh: 'r-1' })] },
      'aws autoscaling cancel-instance-refresh --auto-scaling-group-name ddcolor-elastic-dev-on-demand',
    ],
  ])('%s', (_what, change, expected) => {
    const found = rollbackTarget({ ...at, ...change });
    expect('imageId' in found ? found.imageId : found.refused).toContain(expected);
  });
});
