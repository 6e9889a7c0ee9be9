/** The scripts of the deploy workflow, with a fake `gh`. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const LAST_GOOD_COMMIT = join(process.cwd(), '.github', 'scripts', 'last-good-commit.sh');
const SUMMARY = join(process.cwd(), '.github', 'scripts', 'deploy-summary.sh');
const STRANGE = '0'.repeat(40);

let folder: string;
let commits: string[];

/** Responses of the two URLs, as jq formats them; the jq expressions are checked. */
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

describe('last-good-commit.sh finds', () => {
  it.each<[string, Deployment[], string]>([
    [
      'the last successful deployment',
      [
        [1, 0, 'success'],
        [2, 1, 'success'],
        [3, 2, 'in_progress'],
      ],
      'sha=two',
    ],
    [
      'a successful deployment that is inactive',
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
      'the latest by id',
      [
        [2, 1, 'success'],
        [3, 2],
        [1, 0, 'success'],
      ],
      'sha=two',
    ],
    [
      'nothing for a first deployment',
      [[1, 2, 'in_progress']],
      'none=no earlier deployment to dev has succeeded',
    ],
    ['nothing without deployments', [], 'none=no earlier deployment to dev has succeeded'],
    [
      'nothing when it is the same commit',
      [
        [1, 2, 'success'],
        [2, 2],
      ],
      'none=the last successful deployment to dev is of this commit',
    ],
    [
      'nothing when the commit does not exist',
      [
        [1, 'strange', 'success'],
        [2, 2],
      ],
      `none=commit ${STRANGE}`,
    ],
  ])('%s', (_what, deployments, expected) => {
    const world = deployments.map(([id, commit, ...states]) => ({
      id,
      sha: commit === 'strange' ? STRANGE : commits[commit],
      states,
    }));
    const said = bash(LAST_GOOD_COMMIT, ['dev'], {
      WORLD: JSON.stringify(world),
      GITHUB_REPOSITORY: 'octo/colours',
      GITHUB_SHA: commits[2] ?? '',
    });
    const named = ['one', 'two', 'three'].reduce(
      (text, name, i) => text.replace(commits[i] ?? '', name),
      said,
    );
    expect(named.startsWith(expected)).toBe(true);
    expect(named.trim().split('\n')).toHaveLength(1);
  });

  it('fails when GitHub does not respond', () => {
    const env = { WORLD: 'no JSON', GITHUB_REPOSITORY: 'octo/colours', GITHUB_SHA: 'x' };
    expect(() => bash(LAST_GOOD_COMMIT, ['dev'], env)).toThrow();
  });
});

describe('deploy-summary.sh', () => {
  const outcomes = (DEPLOY: string, SMOKE: string, BACK: string, AGAIN: string, more = {}) => ({
    ...{ STAGE: 'dev', DEPLOY, SMOKE, BACK, AGAIN, SHA: '', NONE: '' },
    ...more,
  });
  const SHA = 'abc';

  it.each<[ReturnType<typeof outcomes>, string | undefined]>([
    [outcomes('success', 'success', 'skipped', 'skipped'), undefined],
    [
      outcomes('failure', 'skipped', 'skipped', 'skipped'),
      'the deploy failed, and CloudFormation rolls its changes back',
    ],
    [outcomes('success', 'skipped', 'skipped', 'skipped'), 'deployed and not tested'],
    [outcomes('success', 'failure', 'success', 'success', { SHA }), 'rolled back to abc, which passes'],
    [outcomes('success', 'failure', 'success', 'failure', { SHA }), 'rolled back to abc, which fails too'],
    [
      outcomes('success', 'failure', 'success', 'skipped', { SHA }),
      'rolled back to abc, which was not tested',
    ],
    [outcomes('success', 'failure', 'failure', 'skipped', { SHA }), 'the rollback to abc failed'],
    [outcomes('success', 'failure', 'skipped', 'skipped', { SHA }), 'the rollback to abc failed'],
    [
      outcomes('success', 'failure', 'skipped', 'skipped', { NONE: 'there is none' }),
      'was not rolled back: there is none.',
    ],
    [outcomes('success', 'failure', 'skipped', 'skipped'), 'the commit for a rollback could not be found'],
    [outcomes('success', 'cancelled', 'skipped', 'skipped'), 'the run was cancelled'],
    [outcomes('skipped', 'skipped', 'skipped', 'skipped'), 'was not deployed'],
    [outcomes('', '', '', ''), 'was not deployed'],
  ])('%j', (env, expected) => {
    const summary = join(folder, 'summary.md');
    writeFileSync(summary, '');
    const log = bash(SUMMARY, [], { ...env, GITHUB_STEP_SUMMARY: summary });
    const said = readFileSync(summary, 'utf8');
    if (expected === undefined) {
      expect(said).toMatch(/^\*\*dev\*\* is deployed and passed its smoke test/);
      expect(log).toBe('');
    } else {
      expect(said).toContain(expected);
      expect(log).toMatch(/^::error::dev/);
    }
  });
});
