/** Plans of bake, promotion and rollback, as pure functions. */
import { describe, expect, it } from 'vitest';
import { planBake } from '../../../cli/image/bake.ts';
import { imageBefore, imagesToRemove, type Image } from '../../../cli/image/images.ts';
import { listed, missing, table } from '../../../cli/image/list.ts';
import { sharpPackages } from '../../../cli/image/sharp.ts';
import { imageOf } from '../../../cli/image/packer.ts';
import {
  launchOptions,
  planPromotion,
  reasonNotToPromote,
  type LaunchGroup,
  type PromotionState,
} from '../../../cli/image/promotion-plan.ts';
import { rollbackTarget, type RollbackState } from '../../../cli/image/rollback.ts';
import { parseCandidateVerdict } from '../../../contract/candidate-verdict.ts';

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

describe('a bake', () => {
  const what = { stage: 'dev', region: 'eu-west-1', revision: 'abc', current: undefined };
  it('sets the current image of a stage that has none', () => {
    expect(planBake(what).join('\n')).toContain('Set /ddcolor-elastic/dev/ami/current to it as well');
  });
  it('leaves an existing current image', () => {
    expect(planBake({ ...what, current: 'ami-1' }).join('\n')).toContain(
      'Leave /ddcolor-elastic/dev/ami/current at ami-1',
    );
  });
  it('warns about uncommitted changes', () => {
    expect(planBake({ ...what, revision: 'abc-dirty' })[0]).toContain('not committed');
    expect(planBake(what)[0]).not.toContain('not committed');
  });

  const run = (packer_run_uuid: string, artifact_id: string) => ({ packer_run_uuid, artifact_id });
  const manifest = (...builds: object[]) => JSON.stringify({ last_run_uuid: '2', builds });
  it.each([
    [manifest(run('2', 'eu-west-1:ami-2')), 'ami-2'],
    [manifest(run('1', 'eu-west-1:ami-1'), run('2', 'eu-west-1:ami-2')), 'ami-2'],
    [manifest(run('2', 'us-east-1:ami-1,eu-west-1:ami-2')), 'ami-2'],
  ])('reads the image of its run and region from %s', (text, id) =>
    expect(imageOf(text, 'eu-west-1')).toBe(id),
  );
  it.each([
    [manifest(run('1', 'eu-west-1:ami-1')), 'none at all'],
    [manifest(run('2', 'us-east-1:ami-1')), 'us-east-1:ami-1'],
    [manifest(run('2', 'eu-west-1:ami-1,eu-west-1:ami-2')), 'has 2 images'],
  ])('fails for %s', (text, part) => expect(() => imageOf(text, 'eu-west-1')).toThrow(part));
});

describe("the packages of sharp for the instances, from npm's lock file,", () => {
  const of = (names: string) => Object.fromEntries(names.split(' ').map((name) => [name, '^1']));
  const entry = (more: object = {}) => ({ version: '1.0.0', integrity: 'sha512-x', ...more });
  const packages = {
    'node_modules/sharp': entry({
      dependencies: of('semver'),
      optionalDependencies: of(
        '@img/sharp-darwin-arm64 @img/sharp-linux-x64 @img/sharp-linuxmusl-x64 @img/sharp-libvips-linux-x64',
      ),
    }),
    'node_modules/semver': entry(),
    'node_modules/@img/sharp-darwin-arm64': entry(),
    'node_modules/@img/sharp-linuxmusl-x64': entry(),
    'node_modules/@img/sharp-linux-x64': entry({ optionalDependencies: of('@img/sharp-libvips-linux-x64') }),
    'node_modules/@img/sharp-libvips-linux-x64': entry(),
    'node_modules/zod': entry(),
  };
  it('are sharp, its dependencies and one platform, with checksums', () => {
    const found = sharpPackages({ packages });
    expect([...found.keys()].sort()).toEqual([
      '@img/sharp-libvips-linux-x64',
      '@img/sharp-linux-x64',
      'semver',
      'sharp',
    ]);
    expect(found.get('semver')).toMatchObject({ integrity: 'sha512-x' });
  });
  it.each(['node_modules/semver', 'node_modules/@img/sharp-libvips-linux-x64'])('fail without %s', (name) => {
    expect(() => sharpPackages({ packages: { ...packages, [name]: undefined } })).toThrow(name);
  });
  it('fail without the platform', () => {
    const sharp = entry({ dependencies: {} });
    expect(() => sharpPackages({ packages: { 'node_modules/sharp': sharp } })).toThrow(
      'no sharp for Linux on x64',
    );
  });
});

describe('the list', () => {
  const [a, b] = images('ami-a ami-b!') as [Image, Image];
  const commit = '0123456789abcdef0123456789abcdef01234567';
  const found = listed(
    [
      {
        ...a,
        revision: `${commit}-dirty`,
        comfyui: '0.3.64',
        sizeGib: 62,
        deprecatedAt: '2026-11-02T00:00:00.000Z',
      },
      b,
    ],
    [
      { stage: 'prod', role: 'current', imageId: 'ami-a' },
      { stage: 'dev', role: 'candidate', imageId: 'ami-a' },
    ],
    new Date('2026-11-03'),
  );
  it('is a table, newest first', () => {
    expect(table(found)).toEqual([
      'image  created           revision            comfyui  ddcolor  weights  GiB  used as',
      'ami-b  2026-11-01 00:01  -                   -        -        -        -    -                            failed',
      'ami-a  2026-11-01 00:00  0123456789ab-dirty  0.3.64   -        -        62   dev candidate, prod current  deprecated',
    ]);
  });
  it('has one line without images', () => expect(table([])).toHaveLength(1));
  it('shows a deprecation only after its date', () => {
    expect(
      listed([{ ...a, deprecatedAt: '2026-12-01T00:00:00Z' }], [], new Date('2026-11-03'))[0]?.deprecated,
    ).toBe(false);
  });
  it('reports a parameter that names an unknown image', () => {
    const namings = [{ stage: 'dev', role: 'current' as const, imageId: 'ami-x' }];
    expect(missing([a], namings)).toEqual(['dev current is ami-x, which is no image of this service.']);
  });
});

describe('a verdict', () => {
  it('is parsed', () => {
    const verdict = { outcome: 'passed', seconds: 80, imageId: 'ami-1' };
    expect(parseCandidateVerdict(JSON.stringify(verdict))).toEqual(verdict);
  });
  it.each(['', 'passed', '{"outcome":"fine","seconds":1}', '{"outcome":"passed"}'])(
    'is a failure for the text %j',
    (text) => {
      expect(parseCandidateVerdict(text).outcome).toBe('failed');
    },
  );
});
