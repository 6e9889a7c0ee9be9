/** Plans of `image bake`, what `image list` prints, and verdicts of candidates. */
import { describe, expect, it } from 'vitest';
import { planBake } from '../../../cli/image/bake.ts';
import { type Image } from '../../../cli/image/images.ts';
import { listed, missing, table } from '../../../cli/image/list.ts';
import { sharpPackages } from '../../../cli/image/sharp.ts';
import { imageOf } from '../../../cli/image/packer.ts';
import { parseCandidateVerdict } from '../../../contract/candidate-verdict.ts';

/** Images created a minute apart; `b?` is pending, `b!` has failed. */
const images = (names: string): Image[] =>
  names.split(' ').map((name, k) => ({
    id: name.replace(/[?!]$/, ''),
    createdAt: new Date(Date.UTC(2026, 10, 1, 0, k)).toISOString(),
    state: name.endsWith('?') ? 'pending' : name.endsWith('!') ? 'failed' : 'available',
  }));

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
