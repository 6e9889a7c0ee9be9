/** The two scripts of a roll-back, with a `gh` that answers as GitHub does. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const PREVIOUS = join(process.cwd(), '.github', 'scripts', 'last-good-commit.sh');
const WHAT_HAPPENED = join(process.cwd(), '.github', 'scripts', 'deploy-summary.sh');
const STRANGE = '0'.repeat(40);

let folder: string;
let commits: string[];

/** Answers of the two addresses, as jq would make them of GitHub's; the expressions for it have to be those that are meant. */
const GH = `#!/usr/bin/env node
const [, address] = process.argv.slice(2);
const jq = process.argv[process.argv.indexOf('--jq') + 1];
const world = JSON.parse(process.env.WORLD);
const id = /deployments\\/(\\d+)\\/statuses/.exec(address)?.[1];
if (id) {
  if (!jq.includes('any(.[]; .state == "success")')) throw new Error(jq);
  console.log(world.find((one) => one.id === Number(id)).states.includes('success'));
} else {
  if (!address.startsWith('repos/octo/colours/deployments?environment=dev&')) throw new Error(address);
  if (!jq.startsWith('sort_by(.id) | reverse')) throw new Error(jq);
  for (const { id, sha } of [...world].sort((a, b) => b.id - a.id)) console.log(id + ' ' + sha);
}
`;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pipeline-'));
  writeFileSync(join(folder, 'gh'), GH);
  chmodSync(join(folder, 'gh'), 0o755);
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@example.com', ...args], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  git('init', '--quiet');
  commits = ['one', 'two', 'three'].map((message) => {
    git('commit', '--quiet', '--allow-empty', '--no-gpg-sign', '--no-verify', '-m', message);
    return git('rev-parse', 'HEAD');
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const bash = (script: string, args: string[], env: Record<string, string>) =>
  execFileSync('bash', [script, ...args], {
    cwd: folder,
    encoding: 'utf8',
    stdio: 'pipe',
    env: { PATH: [folder, process.env.PATH].join(delimiter), ...env },
  });

type Deployment = [id: number, commit: 0 | 1 | 2 | 'strange', ...states: string[]];

describe('what a stage goes back to', () => {
  it.each<[string, Deployment[], string]>([
    [
      'the last that succeeded',
      [
        [1, 0, 'success'],
        [2, 1, 'success'],
        [3, 2, 'in_progress'],
      ],
      'sha=two',
    ],
    [
      'also where that is inactive by now',
      [
        [1, 0, 'inactive', 'success'],
        [2, 2, 'in_progress'],
      ],
      'sha=one',
    ],
    [
      'past those that failed',
      [
        [1, 0, 'success'],
        [2, 1, 'failure'],
        [3, 2],
      ],
      'sha=one',
    ],
    [
      'by the order in which they came',
      [
        [2, 1, 'success'],
        [3, 2],
        [1, 0, 'success'],
      ],
      'sha=two',
    ],
    ['nothing, at first', [[1, 2, 'in_progress']], 'none=no deployment to dev has succeeded before'],
    ['nothing, without any', [], 'none=no deployment to dev has succeeded before'],
    [
      'nothing, where it is the same',
      [
        [1, 2, 'success'],
        [2, 2],
      ],
      'none=this very commit has passed on dev before',
    ],
    [
      'nothing, where it is gone',
      [
        [1, 'strange', 'success'],
        [2, 2],
      ],
      `none=commit ${STRANGE}`,
    ],
  ])('%s', (_what, deployments, wanted) => {
    const world = deployments.map(([id, commit, ...states]) => ({
      id,
      sha: commit === 'strange' ? STRANGE : commits[commit],
      states,
    }));
    const said = bash(PREVIOUS, ['dev'], {
      WORLD: JSON.stringify(world),
      GITHUB_REPOSITORY: 'octo/colours',
      GITHUB_SHA: commits[2] ?? '',
    });
    const named = ['one', 'two', 'three'].reduce(
      (text, name, i) => text.replace(commits[i] ?? '', name),
      said,
    );
    expect(named.startsWith(wanted)).toBe(true);
    expect(named.trim().split('\n')).toHaveLength(1);
  });

  it('is not guessed where GitHub does not answer', () => {
    const env = { WORLD: 'no JSON', GITHUB_REPOSITORY: 'octo/colours', GITHUB_SHA: 'x' };
    expect(() => bash(PREVIOUS, ['dev'], env)).toThrow();
  });
});

describe('what is said of a deploy', () => {
  const outcomes = (DEPLOY: string, SMOKE: string, BACK: string, AGAIN: string, more = {}) => ({
    ...{ STAGE: 'dev', DEPLOY, SMOKE, BACK, AGAIN, SHA: '', NONE: '' },
    ...more,
  });
  const SHA = 'abc';

  it.each<[ReturnType<typeof outcomes>, string | undefined]>([
    [outcomes('success', 'success', 'skipped', 'skipped'), undefined],
    [
      outcomes('failure', 'skipped', 'skipped', 'skipped'),
      'the deploy failed, and CloudFormation takes back',
    ],
    [outcomes('success', 'skipped', 'skipped', 'skipped'), 'deployed and not tested'],
    [outcomes('success', 'failure', 'success', 'success', { SHA }), 'rolled back to abc, which passes'],
    [
      outcomes('success', 'failure', 'success', 'failure', { SHA }),
      'rolled back to abc, which does not pass either',
    ],
    [
      outcomes('success', 'failure', 'success', 'skipped', { SHA }),
      'rolled back to abc, which was not tested',
    ],
    [outcomes('success', 'failure', 'failure', 'skipped', { SHA }), 'the roll-back to abc failed'],
    [outcomes('success', 'failure', 'skipped', 'skipped', { SHA }), 'the roll-back to abc failed'],
    [
      outcomes('success', 'failure', 'skipped', 'skipped', { NONE: 'there is none' }),
      'left as it is: there is none.',
    ],
    [outcomes('success', 'failure', 'skipped', 'skipped'), 'what to go back to could not be found out'],
    [outcomes('success', 'cancelled', 'skipped', 'skipped'), 'cancelled on the way'],
    [outcomes('skipped', 'skipped', 'skipped', 'skipped'), 'was not deployed'],
    [outcomes('', '', '', ''), 'was not deployed'],
  ])('%j', (env, wanted) => {
    const summary = join(folder, 'summary.md');
    writeFileSync(summary, '');
    const log = bash(WHAT_HAPPENED, [], { ...env, GITHUB_STEP_SUMMARY: summary });
    const said = readFileSync(summary, 'utf8');
    if (wanted === undefined) {
      expect(said).toMatch(/^\*\*dev\*\* is deployed, and has coloured its photo/);
      expect(log).toBe('');
    } else {
      expect(said).toContain(wanted);
      expect(log).toMatch(/^::error::dev/);
    }
  });
});
