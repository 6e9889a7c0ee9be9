/** Facts about GitHub's workflows; each returns the places where it does not hold. */
import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { parse } from 'yaml';
import { stages } from '../../bin/stages.ts';
import { workflowFiles } from '../../tools/pipeline/actionlint.ts';

export interface Step {
  id?: string;
  name?: string;
  if?: string;
  uses?: string;
  run?: string;
  env?: Record<string, string>;
}
export interface Job {
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
export interface Workflow {
  on: unknown;
  permissions?: object;
  defaults?: { run?: { shell?: string } };
  jobs: Record<string, Job>;
}
/** Text and parsed workflow by file name. */
export type Workflows = Record<string, { text: string; workflow: Workflow }>;

export const read = (): Workflows =>
  Object.fromEntries(
    workflowFiles().map((file) => {
      const text = readFileSync(file, 'utf8');
      return [basename(file), { text, workflow: parse(text) as Workflow }];
    }),
  );

export const jobs = (workflows: Workflows): [string, Job][] =>
  Object.entries(workflows).flatMap(([file, { workflow }]) =>
    Object.entries(workflow.jobs).map(([name, job]): [string, Job] => [`${file} ${name}`, job]),
  );
export const steps = (workflows: Workflows): [string, Step][] =>
  jobs(workflows).flatMap(([name, job]) => (job.steps ?? []).map((step): [string, Step] => [name, step]));
export const stageSteps = ({ 'deploy-stage.yml': stage }: Workflows) =>
  stage!.workflow.jobs.deploy!.steps ?? [];

export const scripts = (
  JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> }
).scripts;
export const npmScripts = (text: string) =>
  [...text.matchAll(/\bnpm (?:run )?([a-z][\w:-]*)/g)].map(([, name = '']) => name);
/** Commands of npm itself. */
export const NPM = ['audit', 'ci'];

/** Each fact returns the places where it does not hold. */
export const FACTS: Record<string, (workflows: Workflows) => string[]> = {
  'npm scripts in workflows exist': (workflows) =>
    steps(workflows).flatMap(([job, { run = '' }]) =>
      npmScripts(run)
        .filter((name) => !(name in scripts) && !NPM.includes(name))
        .map((name) => `${job}: npm run ${name}`),
    ),

  'shell scripts in workflows exist': (workflows) =>
    steps(workflows).flatMap(([job, { run = '' }]) =>
      [...run.matchAll(/\.github\/[\w./-]+/g)]
        .filter(([path]) => !statSync(path, { throwIfNoEntry: false })?.isFile())
        .map(([path]) => `${job}: ${path}`),
    ),

  'actions are pinned by commit, with the version in a comment': (workflows) =>
    Object.entries(workflows).flatMap(([file, { text }]) =>
      [...text.matchAll(/^.*\buses:\s*(.*)$/gm)]
        .map(([, used = '']) => used)
        .filter((used) => !/^(\.\/|[\w-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$)/.test(used))
        .map((used) => `${file}: ${used}`),
    ),

  'an action has one version': (workflows) => {
    const pins = new Set(steps(workflows).flatMap(([, { uses }]) => uses ?? []));
    const names = [...pins].map((pin) => pin.split('@')[0]);
    return names.filter((name, i) => names.indexOf(name) !== i).map(String);
  },

  'every job declares its permissions': (workflows) => [
    ...Object.entries(workflows)
      .filter(([, { workflow }]) => JSON.stringify(workflow.permissions) !== '{}')
      .map(([file]) => file),
    ...jobs(workflows)
      .filter(([, { permissions }]) => permissions === undefined)
      .map(([job]) => job),
  ],

  'no expression is in a shell script': (workflows) =>
    steps(workflows)
      .filter(([, { run = '' }]) => run.includes('${{'))
      .map(([job, { name = '' }]) => `${job}: ${name}`),

  'shells stop at the first failure, in pipes too': (workflows) =>
    Object.entries(workflows)
      .filter(([, { workflow }]) =>
        Object.values(workflow.jobs).some((job) => job.steps?.some(({ run }) => run)),
      )
      .filter(([, { workflow }]) => workflow.defaults?.run?.shell !== 'bash')
      .map(([file]) => file),

  'every job has a timeout': (workflows) =>
    jobs(workflows)
      .filter(([, job]) => job.steps && !(Number(job['timeout-minutes']) > 0))
      .map(([job]) => job),

  'checkouts persist no credentials': (workflows) =>
    steps(workflows)
      .filter(
        ([, step]) =>
          step.uses?.startsWith('actions/checkout@') &&
          (step as { with?: Record<string, unknown> }).with?.['persist-credentials'] !== false,
      )
      .map(([job]) => job),

  'a pull request has no access to a cloud or a secret': ({ 'pull-request.yml': file }) => {
    const { text, workflow } = file!;
    const wrong = ['secrets.', 'id-token', 'configure-aws-credentials', 'pull_request_target', 'vars.'];
    const found = wrong.filter((word) => text.includes(word));
    return workflow.on === 'pull_request' ? found : [...found, `on ${JSON.stringify(workflow.on)}`];
  },

  'every pull request is checked for secrets, bad dependencies and unsafe code': (workflows) => {
    const all = steps(workflows).flatMap(([, { run = '', uses = '' }]) => [run, uses]);
    return ['npm test', 'npm audit --audit-level', 'npm audit signatures', 'npm run secrets']
      .concat(['actions/dependency-review-action@', 'github/codeql-action/analyze@'])
      .filter((check) => !all.some((text) => text.includes(check)));
  },

  'a job that may write to a pull request runs no code of it': ({ 'pull-request.yml': file }) =>
    Object.entries(file!.workflow.jobs)
      .filter(([, { permissions = {} }]) => Object.values(permissions).includes('write'))
      .filter(([, job]) =>
        job.steps?.some(
          ({ uses, run = '' }) => uses !== undefined || /^\s*(npm|npx|node|bash|sh|\.)[ /]/m.test(run),
        ),
      )
      .map(([name]) => name),

  'only jobs that deploy get tokens for AWS, in an environment': (workflows) =>
    jobs(workflows)
      .filter(([name, { permissions = {}, steps: run, environment }]) => {
        const token = 'id-token' in permissions;
        const deploys = name.startsWith('deploy');
        return token !== deploys || (deploys && run !== undefined && environment !== '${{ inputs.stage }}');
      })
      .map(([name]) => name),

  'deploys of a stage run one at a time, and are not cancelled': ({ 'deploy-stage.yml': file }) =>
    Object.entries(file!.workflow.jobs)
      .filter(
        ([, { concurrency }]) =>
          concurrency?.group !== 'deploy-${{ inputs.stage }}' || concurrency['cancel-in-progress'],
      )
      .map(([name]) => name),

  'prod is deployed after dev, and not after a failed dev': ({ 'deploy.yml': file }) => {
    const { prod } = file!.workflow.jobs;
    const guarded = /!failure\(\) && !cancelled\(\)/.test(prod?.if ?? '');
    return prod?.needs === 'dev' && guarded ? [] : [`needs ${prod?.needs}, if ${prod?.if}`];
  },

  'stages exist in bin/stages.ts': ({ 'deploy.yml': file }) => {
    const { on, jobs: callers } = file!.workflow;
    const { options } = (on as { workflow_dispatch: { inputs: { stage: { options: string[] } } } })
      .workflow_dispatch.inputs.stage;
    const named = [...options, ...Object.values(callers).map((job) => job.with?.stage ?? '')];
    return named.filter((stage) => !(stage in stages));
  },

  'the smoke test runs after the deploy, with its own role': (workflows) => {
    const order = stageSteps(workflows).map(({ id, ...step }) => {
      const role = (step as { with?: Record<string, string> }).with?.['role-to-assume'];
      return role ? /vars\.(\w+)_ROLE_ARN/.exec(role)?.[1] : id;
    });
    const wanted = ['DEPLOY', 'deploy', 'SMOKE', 'smoke', 'previous', 'DEPLOY', 'back', 'SMOKE', 'again'];
    const is = order.filter((one) => one !== undefined);
    return JSON.stringify(is) === JSON.stringify(wanted) ? [] : [is.join(', ')];
  },

  'a rollback runs only after a failed smoke test': (workflows) => {
    const wanted: Record<string, string> = {
      previous: "failure() && steps.smoke.outcome == 'failure'",
      back: 'failure() && steps.previous.outputs.sha',
      again: "failure() && steps.back.outcome == 'success'",
    };
    return stageSteps(workflows)
      .filter(({ id = '', if: condition }) => id in wanted && condition !== wanted[id])
      .map(({ id, if: condition }) => `${id}: ${condition}`);
  },

  'a failed smoke test fails the run': ({ 'deploy-stage.yml': file }) =>
    file!.text.includes('continue-on-error') ? ['continue-on-error'] : [],
};
