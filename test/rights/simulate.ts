/** Whether IAM allows a call, by the policy simulator of cloud-copilot in its strict mode. */
import { runSimulation } from '@cloud-copilot/iam-simulate';
import type { Statement } from '../lib/template.ts';
import type { Call } from './call.ts';
import { ACCOUNT, roleIdOf } from './policies.ts';

const VERSION = '2012-10-17';
export const SESSION = 'i-0abcdef1234567890';

export interface Answer {
  isAllowed: boolean;
  /** Statements that allowed it, by their place in the role's list. */
  by: number[];
  /** Keys that AWS does not have for this action and resource. */
  unknownKeys: string[];
}

const known = new Map<string, Promise<Answer>>();

/** @throws Error where the call or a policy is none that IAM takes */
export function simulate(call: Call, statements: Statement[]): Promise<Answer> {
  // Most kinds of stage have the same roles.
  const key = JSON.stringify([call, statements]);
  const answer = known.get(key) ?? ask(call, statements);
  known.set(key, answer);
  return answer;
}

async function ask(call: Call, statements: Statement[]): Promise<Answer> {
  const { role, action, resource, context = {} } = call;
  const found = await runSimulation(
    {
      request: {
        principal: `arn:aws:sts::${ACCOUNT}:assumed-role/${role}/${SESSION}`,
        action,
        resource: { resource, accountId: ACCOUNT },
        contextVariables: { 'aws:userid': `${roleIdOf(role)}:${SESSION}`, ...context },
      },
      identityPolicies: statements.map((statement, k) => ({
        name: String(k),
        policy: { Version: VERSION, Statement: [statement] },
      })),
      serviceControlPolicies: [],
      resourceControlPolicies: [],
    },
    { simulationMode: 'Strict' },
  );
  if (found.resultType === 'error')
    throw new Error(`${action} on ${resource}: ${JSON.stringify(found.errors)}`);
  // Where an action takes a resource or none, `*` stands for each kind.
  const results = found.resultType === 'single' ? [found.result] : found.results;
  const allowed = results.flatMap(({ analysis }) => analysis.identityAnalysis?.allowStatements ?? []);
  const unknownKeys = results.flatMap(({ ignoredContextKeys = [] }) => ignoredContextKeys);
  return {
    isAllowed: found.overallResult === 'Allowed',
    by: allowed.map(({ policyId }) => Number(policyId)),
    unknownKeys: unknownKeys.filter((key) => key !== 'aws:userid'),
  };
}
