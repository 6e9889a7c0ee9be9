/** GitHub's workflows: facts that would hurt if wrong, proof that each can fail, and what actionlint says. */
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
  const spoilt = text.replace(from, to);
  if (spoilt === text) throw new Error(`${file} has no ${from}`);
  workflows[file] = { text: spoilt, workflow: parse(spoilt) as Workflow };
};
const PULL = 'pull-request.yml';
const STAGE = 'deploy-stage.yml';

const SPOILED: [fact: string, how: string, spoil: (workflows: Workflows) => void][] = [
  ['npm scripts that are named exist', 'another name', replace(PULL, 'npm run review', 'npm run preview')],
  ['shell scripts that are named exist', 'another name', replace(STAGE, 'previous.sh', 'before.sh')],
  [
    'actions are pinned by commit, with the version beside it',
    'a tag',
    replace(PULL, /@[0-9a-f]{40} # v[\d.]+/, '@v7'),
  ],
  [
    'actions are pinned by commit, with the version beside it',
    'no version',
    replace(STAGE, / # v[\d.]+/, ''),
  ],
  [
    'one action has one version',
    'another one',
    replace(STAGE, /checkout@[0-9a-f]{39}/, `checkout@${'0'.repeat(39)}`),
  ],
  ['nothing is permitted but what a job names', 'the default', replace(PULL, 'permissions: {}', '')],
  [
    'nothing is permitted but what a job names',
    'a job is silent',
    replace(PULL, '    permissions:\n      contents: read\n', ''),
  ],
  [
    'no expression is put into a shell',
    'a title',
    replace(PULL, 'run: npm test', 'run: npm test "${{ github.head_ref }}"'),
  ],
  [
    'shells stop at the first failure, also within a pipe',
    'the default',
    replace(STAGE, 'shell: bash', 'shell: sh'),
  ],
  ['every job that runs has its limit', 'none', replace(PULL, /^ {4}timeout-minutes: 45\n/m, '')],
  [
    'checkouts leave no credentials behind',
    'the default',
    replace(PULL, 'persist-credentials: false', 'fetch-tags: true'),
  ],
  [
    'a pull request reaches no cloud and no secret',
    'a token',
    replace(PULL, 'contents: read', 'id-token: write'),
  ],
  [
    'a pull request reaches no cloud and no secret',
    'the rights of main',
    replace(PULL, 'on: pull_request', 'on: pull_request_target'),
  ],
  [
    'what may write to a pull request runs nothing of it',
    'the tests',
    replace(PULL, 'contents: read', 'pull-requests: write'),
  ],
  [
    'only what deploys gets tokens for AWS, and in an environment',
    'no environment',
    replace(STAGE, /^ {4}environment: .*\n/m, ''),
  ],
  [
    'only what deploys gets tokens for AWS, and in an environment',
    'no token',
    replace(STAGE, /^ +id-token: write\n/m, ''),
  ],
  [
    'a deploy waits for the one before it, and is not cut off',
    'cut off',
    replace(STAGE, 'in-progress: false', 'in-progress: true'),
  ],
  [
    'prod comes after dev, and not after a dev that failed',
    'at once',
    replace('deploy.yml', '    needs: dev\n', ''),
  ],
  [
    'prod comes after dev, and not after a dev that failed',
    'after any',
    replace('deploy.yml', '!failure()', 'always()'),
  ],
  ['stages are those of bin/stages.ts', 'another', replace('deploy.yml', 'stage: prod', 'stage: production')],
  [
    'the smoke test comes after the deploy, under its own role',
    'the other role',
    replace(STAGE, 'SMOKE_ROLE', 'DEPLOY_ROLE'),
  ],
  [
    'the smoke test comes after the deploy, under its own role',
    'none',
    replace(STAGE, /^ +id: smoke\n/m, ''),
  ],
  [
    'a roll-back comes of a smoke test that failed, of nothing else',
    'of anything',
    replace(STAGE, " && steps.smoke.outcome == 'failure'", ''),
  ],
  [
    'a roll-back comes of a smoke test that failed, of nothing else',
    'always',
    replace(STAGE, 'if: failure() && steps.smoke', 'if: steps.smoke'),
  ],
  [
    'a smoke test that failed stays red',
    'it does not',
    replace(STAGE, '        id: smoke\n', '        id: smoke\n        continue-on-error: true\n'),
  ],
];

describe('the workflows', () => {
  it.each(Object.entries(FACTS))('%s', (_name, fact) => expect(fact(read())).toEqual([]));

  it.each(SPOILED)('"%s" fails: %s', (name, _how, spoil) => {
    const workflows = read();
    spoil(workflows);
    expect(FACTS[name]?.(workflows)).not.toEqual([]);
  });

  it('each fact is shown to be able to fail', () => {
    expect(new Set(SPOILED.map(([name]) => name))).toEqual(new Set(Object.keys(FACTS)));
  });

  it('have what they send: a photo of less than 20 kB', () => {
    expect(statSync(join('.github', 'smoke.jpg')).size).toBeLessThan(20_000);
  });

  it('are told of in commands that exist', () => {
    const named = npmScripts(readFileSync('docs/pipelines.md', 'utf8'));
    expect(named.filter((name) => !(name in scripts) && !NPM.includes(name))).toEqual([]);
    expect(named).toContain('deploy');
  });

  it('leave nothing beside them that no workflow names', () => {
    const all = Object.values(read()).map(({ text }) => text);
    const unnamed = readdirSync('.github/scripts').filter((name) => !all.some((text) => text.includes(name)));
    expect(unnamed).toEqual([]);
  });

  // Where neither actionlint nor Go with a network is to be had, the facts above have to do, and the reason is told.
  it(
    'are clean to actionlint, where there is one; else every fact above holds',
    { timeout: 300_000 },
    async () => {
      const tool = await findActionlint(() => undefined).catch((error: Error) => error);
      if (tool instanceof Error) console.warn(`actionlint did not look: ${tool.message}`);
      else expect(await lint(tool, workflowFiles())).toBeUndefined();
      expect(Object.values(FACTS).flatMap((fact) => fact(read()))).toEqual([]);
    },
  );
});
