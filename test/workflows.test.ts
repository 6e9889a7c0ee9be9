/** GitHub's workflows: facts that security depends on, each shown to fail for a planted error; with `FULL` set, actionlint. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { findActionlint, lint, workflowFiles } from '../tools/pipeline/actionlint.ts';
import {
  type Workflow,
  type Workflows,
  read,
  scripts,
  npmScripts,
  NPM,
  FACTS,
} from './support/workflow-facts.ts';

const replace = (file: string, from: string | RegExp, to: string) => (workflows: Workflows) => {
  const { text } = workflows[file]!;
  const changed = text.replace(from, to);
  if (changed === text) throw new Error(`${file} has no ${from}`);
  workflows[file] = { text: changed, workflow: parse(changed) as Workflow };
};
const PULL = 'pull-request.yml';
const STAGE = 'deploy-stage.yml';

const PLANTED: [fact: string, how: string, plant: (workflows: Workflows) => void][] = [
  ['npm scripts in workflows exist', 'another name', replace(PULL, 'npm run review', 'npm run preview')],
  ['shell scripts in workflows exist', 'another name', replace(STAGE, 'last-good-commit.sh', 'other.sh')],
  [
    'actions are pinned by commit, with the version in a comment',
    'a tag',
    replace(PULL, /@[0-9a-f]{40} # v[\d.]+/, '@v7'),
  ],
  [
    'actions are pinned by commit, with the version in a comment',
    'no version',
    replace(STAGE, / # v[\d.]+/, ''),
  ],
  [
    'an action has one version',
    'another one',
    replace(STAGE, /checkout@[0-9a-f]{39}/, `checkout@${'0'.repeat(39)}`),
  ],
  ['every job declares its permissions', 'the default', replace(PULL, 'permissions: {}', '')],
  [
    'every job declares its permissions',
    'a job is silent',
    replace(PULL, '    permissions:\n      contents: read\n', ''),
  ],
  [
    'no expression is in a shell script',
    'a title',
    replace(PULL, 'run: npm test', 'run: npm test "${{ github.head_ref }}"'),
  ],
  [
    'shells stop at the first failure, in pipes too',
    'the default',
    replace(STAGE, 'shell: bash', 'shell: sh'),
  ],
  ['every job has a timeout', 'none', replace(PULL, /^ {4}timeout-minutes: 45\n/m, '')],
  [
    'checkouts persist no credentials',
    'the default',
    replace(PULL, 'persist-credentials: false', 'fetch-tags: true'),
  ],
  [
    'a pull request has no access to a cloud or a secret',
    'a token',
    replace(PULL, 'contents: read', 'id-token: write'),
  ],
  [
    'a pull request has no access to a cloud or a secret',
    'the rights of main',
    replace(PULL, 'on: pull_request', 'on: pull_request_target'),
  ],
  [
    'every pull request is checked for secrets, bad dependencies and unsafe code',
    'no check of secrets',
    replace(PULL, 'npm run secrets', 'npm run lint'),
  ],
  [
    'every pull request is checked for secrets, bad dependencies and unsafe code',
    'no analysis',
    replace('codeql.yml', 'codeql-action/analyze@', 'codeql-action/other@'),
  ],
  [
    'a job that may write to a pull request runs no code of it',
    'the tests',
    replace(PULL, 'contents: read', 'pull-requests: write'),
  ],
  [
    'only jobs that deploy get tokens for AWS, in an environment',
    'no environment',
    replace(STAGE, /^ {4}environment: .*\n/m, ''),
  ],
  [
    'only jobs that deploy get tokens for AWS, in an environment',
    'no token',
    replace(STAGE, /^ +id-token: write\n/m, ''),
  ],
  [
    'deploys of a stage run one at a time, and are not cancelled',
    'cut off',
    replace(STAGE, 'in-progress: false', 'in-progress: true'),
  ],
  [
    'prod is deployed after dev, and not after a failed dev',
    'at once',
    replace('deploy.yml', '    needs: dev\n', ''),
  ],
  [
    'prod is deployed after dev, and not after a failed dev',
    'after any',
    replace('deploy.yml', '!failure()', 'always()'),
  ],
  ['stages exist in bin/stages.ts', 'another', replace('deploy.yml', 'stage: prod', 'stage: production')],
  [
    'the smoke test runs after the deploy, with its own role',
    'the other role',
    replace(STAGE, 'SMOKE_ROLE', 'DEPLOY_ROLE'),
  ],
  ['the smoke test runs after the deploy, with its own role', 'none', replace(STAGE, /^ +id: smoke\n/m, '')],
  [
    'a rollback runs only after a failed smoke test',
    'of anything',
    replace(STAGE, " && steps.smoke.outcome == 'failure'", ''),
  ],
  [
    'a rollback runs only after a failed smoke test',
    'always',
    replace(STAGE, 'if: failure() && steps.smoke', 'if: steps.smoke'),
  ],
  [
    'a failed smoke test fails the run',
    'it does not',
    replace(STAGE, '        id: smoke\n', '        id: smoke\n        continue-on-error: true\n'),
  ],
];

describe('the workflows', () => {
  it.each(Object.entries(FACTS))('%s', (_name, fact) => expect(fact(read())).toEqual([]));

  it.each(PLANTED)('"%s" fails for %s', (name, _how, plant) => {
    const workflows = read();
    plant(workflows);
    expect(FACTS[name]?.(workflows)).not.toEqual([]);
  });

  it('each fact fails for a planted error', () => {
    expect(new Set(PLANTED.map(([name]) => name))).toEqual(new Set(Object.keys(FACTS)));
  });

  it('have a smoke test photo of less than 20 kB', () => {
    expect(statSync(join('.github', 'smoke.jpg')).size).toBeLessThan(20_000);
  });

  it('are documented with npm scripts that exist', () => {
    const named = npmScripts(readFileSync('docs/pipelines.md', 'utf8'));
    expect(named.filter((name) => !(name in scripts) && !NPM.includes(name))).toEqual([]);
    expect(named).toContain('deploy');
  });

  it('use every script of .github/scripts', () => {
    const all = Object.values(read()).map(({ text }) => text);
    const unnamed = readdirSync('.github/scripts').filter((name) => !all.some((text) => text.includes(name)));
    expect(unnamed).toEqual([]);
  });

  // Building it with Go takes 24 CPU seconds, once in a checkout; every pull request is checked by a job of its own.
  if (process.env.FULL) {
    it('pass actionlint where it can be had', { timeout: 300_000 }, async () => {
      const tool = await findActionlint(() => undefined).catch((error: Error) => error);
      if (tool instanceof Error) console.warn(`actionlint did not run: ${tool.message}`);
      else expect(await lint(tool, workflowFiles())).toBeUndefined();
      expect(Object.values(FACTS).flatMap((fact) => fact(read()))).toEqual([]);
    });
  }
});
