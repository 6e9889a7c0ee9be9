/** GitHub's workflows: facts that would hurt if wrong, proof that each can fail, and what actionlint says. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { stages } from '../bin/stages.ts';
import { findActionlint, lint, workflowFiles } from '../local/pipeline/actionlint.ts';

interface Step {
  id?: string;
  name?: string;
  if?: string;
  uses?: string;
  run?: string;
  env?: Record<string, string>;
}
interface Job {
  if?: string;
  uses?: string;
  needs?: string;
  environment?: string;
  permissions?: Record<string, string>;
  concurrency?: { group: string; 'cancel-in-progress': boolean };
  'timeout-minutes'?: number;
  with?: Record<string, string>;
  steps?: Step[];
}
interface Workflow {
  on: unknown;
  permissions?: object;
  defaults?: { run?: { shell?: string } };
  jobs: Record<string, Job>;
}
/** By file name, each as text and as what it means. */
type Workflows = Record<string, { text: string; workflow: Workflow }>;

const read = (): Workflows =>
  Object.fromEntries(
    workflowFiles().map((file) => {
      const text = readFileSync(file, 'utf8');
      return [basename(file), { text, workflow: parse(text) as Workflow }];
    }),
  );

const jobs = (workflows: Workflows): [string, Job][] =>
  Object.entries(workflows).flatMap(([file, { workflow }]) =>
    Object.entries(workflow.jobs).map(([name, job]): [string, Job] => [`${file} ${name}`, job]),
  );
const steps = (workflows: Workflows): [string, Step][] =>
  jobs(workflows).flatMap(([name, job]) => (job.steps ?? []).map((step): [string, Step] => [name, step]));
const stageSteps = ({ 'deploy-stage.yml': stage }: Workflows) => stage!.workflow.jobs.deploy!.steps ?? [];

const scripts = (JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> })
  .scripts;
const npmScripts = (text: string) =>
  [...text.matchAll(/\bnpm (?:run )?([a-z][\w:-]*)/g)].map(([, name = '']) => name);
/** Of npm itself. */
const NPM = ['audit'];

/** Each names what it found wrong. */
const FACTS: Record<string, (workflows: Workflows) => string[]> = {
  'npm scripts that are named exist': (workflows) =>
    steps(workflows).flatMap(([job, { run = '' }]) =>
      npmScripts(run)
        .filter((name) => !(name in scripts) && !NPM.includes(name))
        .map((name) => `${job}: npm run ${name}`),
    ),

  'shell scripts that are named exist': (workflows) =>
    steps(workflows).flatMap(([job, { run = '' }]) =>
      [...run.matchAll(/\.github\/[\w./-]+/g)]
        .filter(([path]) => !statSync(path, { throwIfNoEntry: false })?.isFile())
        .map(([path]) => `${job}: ${path}`),
    ),

  'actions are pinned by commit, with the version beside it': (workflows) =>
    Object.entries(workflows).flatMap(([file, { text }]) =>
      [...text.matchAll(/^.*\buses:\s*(.*)$/gm)]
        .map(([, used = '']) => used)
        .filter((used) => !/^(\.\/|[\w-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$)/.test(used))
        .map((used) => `${file}: ${used}`),
    ),

  'one action has one version': (workflows) => {
    const pins = new Set(steps(workflows).flatMap(([, { uses }]) => uses ?? []));
    const names = [...pins].map((pin) => pin.split('@')[0]);
    return names.filter((name, i) => names.indexOf(name) !== i).map(String);
  },

  'nothing is permitted but what a job names': (workflows) => [
    ...Object.entries(workflows)
      .filter(([, { workflow }]) => JSON.stringify(workflow.permissions) !== '{}')
      .map(([file]) => file),
    ...jobs(workflows)
      .filter(([, { permissions }]) => permissions === undefined)
      .map(([job]) => job),
  ],

  'no expression is put into a shell': (workflows) =>
    steps(workflows)
      .filter(([, { run = '' }]) => run.includes('${{'))
      .map(([job, { name = '' }]) => `${job}: ${name}`),

  'shells stop at the first failure, also within a pipe': (workflows) =>
    Object.entries(workflows)
      .filter(([, { workflow }]) =>
        Object.values(workflow.jobs).some((job) => job.steps?.some(({ run }) => run)),
      )
      .filter(([, { workflow }]) => workflow.defaults?.run?.shell !== 'bash')
      .map(([file]) => file),

  'every job that runs has its limit': (workflows) =>
    jobs(workflows)
      .filter(([, job]) => job.steps && !(Number(job['timeout-minutes']) > 0))
      .map(([job]) => job),

  'checkouts leave no credentials behind': (workflows) =>
    steps(workflows)
      .filter(
        ([, step]) =>
          step.uses?.startsWith('actions/checkout@') &&
          (step as { with?: Record<string, unknown> }).with?.['persist-credentials'] !== false,
      )
      .map(([job]) => job),

  'a pull request reaches no cloud and no secret': ({ 'pull-request.yml': file }) => {
    const { text, workflow } = file!;
    const wrong = ['secrets.', 'id-token', 'configure-aws-credentials', 'pull_request_target', 'vars.'];
    const found = wrong.filter((word) => text.includes(word));
    return workflow.on === 'pull_request' ? found : [...found, `on ${JSON.stringify(workflow.on)}`];
  },

  'what may write to a pull request runs nothing of it': ({ 'pull-request.yml': file }) =>
    Object.entries(file!.workflow.jobs)
      .filter(([, { permissions = {} }]) => Object.values(permissions).includes('write'))
      .filter(([, job]) =>
        job.steps?.some(
          ({ uses, run = '' }) => uses !== undefined || /^\s*(npm|npx|node|bash|sh|\.)[ /]/m.test(run),
        ),
      )
      .map(([name]) => name),

  'only what deploys gets tokens for AWS, and in an environment': (workflows) =>
    jobs(workflows)
      .filter(([name, { permissions = {}, steps: run, environment }]) => {
        const token = 'id-token' in permissions;
        const deploys = name.startsWith('deploy');
        return token !== deploys || (deploys && run !== undefined && environment !== '${{ inputs.stage }}');
      })
      .map(([name]) => name),

  'a deploy waits for the one before it, and is not cut off': ({ 'deploy-stage.yml': file }) =>
    Object.entries(file!.workflow.jobs)
      .filter(
        ([, { concurrency }]) =>
          concurrency?.group !== 'deploy-${{ inputs.stage }}' || concurrency['cancel-in-progress'],
      )
      .map(([name]) => name),

  'prod comes after dev, and not after a dev that failed': ({ 'deploy.yml': file }) => {
    const { prod } = file!.workflow.jobs;
    const guarded = /!failure\(\) && !cancelled\(\)/.test(prod?.if ?? '');
    return prod?.needs === 'dev' && guarded ? [] : [`needs ${prod?.needs}, if ${prod?.if}`];
  },

  'stages are those of bin/stages.ts': ({ 'deploy.yml': file }) => {
    const { on, jobs: callers } = file!.workflow;
    const { options } = (on as { workflow_dispatch: { inputs: { stage: { options: string[] } } } })
      .workflow_dispatch.inputs.stage;
    const named = [...options, ...Object.values(callers).map((job) => job.with?.stage ?? '')];
    return named.filter((stage) => !(stage in stages));
  },

  'the smoke test comes after the deploy, under its own role': (workflows) => {
    const order = stageSteps(workflows).map(({ id, ...step }) => {
      const role = (step as { with?: Record<string, string> }).with?.['role-to-assume'];
      return role ? /vars\.(\w+)_ROLE_ARN/.exec(role)?.[1] : id;
    });
    const wanted = ['DEPLOY', 'deploy', 'SMOKE', 'smoke', 'previous', 'DEPLOY', 'back', 'SMOKE', 'again'];
    const is = order.filter((one) => one !== undefined);
    return JSON.stringify(is) === JSON.stringify(wanted) ? [] : [is.join(', ')];
  },

  'a roll-back comes of a smoke test that failed, of nothing else': (workflows) => {
    const wanted: Record<string, string> = {
      previous: "failure() && steps.smoke.outcome == 'failure'",
      back: 'failure() && steps.previous.outputs.sha',
      again: "failure() && steps.back.outcome == 'success'",
    };
    return stageSteps(workflows)
      .filter(({ id = '', if: condition }) => id in wanted && condition !== wanted[id])
      .map(({ id, if: condition }) => `${id}: ${condition}`);
  },

  'a smoke test that failed stays red': ({ 'deploy-stage.yml': file }) =>
    file!.text.includes('continue-on-error') ? ['continue-on-error'] : [],
};

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
    expect(named).toContain('deploy-role');
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
