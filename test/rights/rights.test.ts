/** The calls of the deployed code against the roles of every kind of stage, by a simulator of IAM. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { StageConfig } from '../../lib/stage/stage.ts';
import { plainId, synthesise, type Statement } from '../lib/template.ts';
import { BULK_QUEUE, DEAD_LETTERS, QUEUE, table, type Call } from './call.ts';
import { callsOf, type Fallback } from './calls.ts';
import { deniedTo } from './denied.ts';
import { statementsOf } from './policies.ts';
import { callsIn } from './recorded.ts';
import { simulate } from './simulate.ts';

const JWT = { jwtIssuer: 'https://issuer.example', jwtAudience: ['page'] };
const [ONE_GROUP, ONE_WARM, TWO_GROUPS, FAST_TIER]: Fallback[] = [
  { hasFallback: false, hasWarmPool: false },
  { hasFallback: false, hasWarmPool: true },
  { hasFallback: true, hasWarmPool: false },
  { hasFallback: true, hasWarmPool: true },
];
const KINDS: Record<string, [StageConfig, Fallback]> = {
  'with a gateway for IAM, webhooks, usage, a probe and two groups': [
    { access: 'iam', probePhoto: 'daily', outcomeEvents: true, webhooks: true, usage: true },
    TWO_GROUPS!,
  ],
  'on demand, with a warm pool': [{ access: 'none', spotPercentage: 0, warmPoolSize: 1 }, ONE_WARM!],
  'with stopped instances': [{ access: 'none', warmPoolSize: 1 }, FAST_TIER!],
};
const OTHER_KINDS: Record<string, [StageConfig, Fallback]> = {
  'without a fallback': [{ access: 'none', onDemandFallback: false }, ONE_GROUP!],
  'with a gateway for tokens': [{ access: 'jwt', ...JWT }, TWO_GROUPS!],
  'with an open gateway and usage': [{ access: 'open', outcomeEvents: true, usage: true }, TWO_GROUPS!],
  'with an open gateway and events': [{ access: 'open', outcomeEvents: true, cdn: true }, TWO_GROUPS!],
  'that deletes its data': [{ access: 'open', retainData: false }, TWO_GROUPS!],
};

const nameOf = ({ role, action, resource, context = {} }: Call) =>
  `${role} ${action} ${resource} ${JSON.stringify(context)}`;
const list = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value]);
/** Keys that a call must have for a statement to mean anything: `ForAllValues` holds where a key is missing. */
const neededKeys = ({ Condition = {} }: Statement): string[] =>
  Object.entries(Condition as Record<string, object>)
    .filter(([operator]) => !operator.endsWith('IfExists'))
    .flatMap(([, keys]) => Object.keys(keys));

const kinds = { ...KINDS, ...(process.env.FULL !== undefined && OTHER_KINDS) };

describe.each(Object.entries(kinds))('a stage %s', (_name, [more, fallback]) => {
  const template = synthesise('prod', more);
  const roles = statementsOf(template);
  const ids = new Set(Object.keys(template.Resources).map(plainId));
  const ofRoles = (calls: Call[]) => calls.filter(({ role }) => role in roles);
  /** Without those on a table or queue that such a stage does not have. */
  const ofStage = (calls: Call[]) =>
    ofRoles(calls).filter(({ resource }) => {
      const [, name] = /:(?:table\/|sqs:[\w-]+:\d+:)(\w+)/.exec(resource) ?? [];
      return name === undefined || ids.has(name);
    });

  it('allows every call, with keys that AWS has, and has no right that no call uses', async () => {
    const used = new Set<string>();
    for (const call of ofStage(callsOf('prod', fallback))) {
      const statements = roles[call.role]!;
      const { isAllowed, by, unknownKeys } = await simulate(call, statements);
      expect([nameOf(call), isAllowed, unknownKeys]).toEqual([nameOf(call), true, []]);
      for (const k of by) {
        used.add(`${call.role} ${k} ${call.action}`);
        expect(Object.keys(call.context ?? {})).toEqual(expect.arrayContaining(neededKeys(statements[k]!)));
      }
    }
    const granted = Object.entries(roles).flatMap(([role, statements]) =>
      statements.flatMap(({ Action }, k) => list(Action).map((action) => `${role} ${k} ${action}`)),
    );
    expect(granted.filter((one) => !used.has(one))).toEqual([]);
  });

  it('allows none of the calls that an attacker would make', async () => {
    const denied = ofRoles(deniedTo('prod'));
    expect(denied.length).toBeGreaterThan(60);
    for (const call of denied) {
      const { isAllowed, unknownKeys } = await simulate(call, roles[call.role]!);
      expect([nameOf(call), isAllowed, unknownKeys]).toEqual([nameOf(call), false, []]);
    }
  });
});

/** Actions of commands whose name is another one, and those of two rights. */
const ACTIONS: Record<string, string> = {
  HeadObject: 'GetObject',
  CopyObject: 'PutObject',
  ListObjectsV2: 'ListBucket',
  BatchGet: 'BatchGetItem',
  DeleteMessageBatch: 'DeleteMessage',
  Get: 'GetItem',
  Put: 'PutItem',
  Update: 'UpdateItem',
  Delete: 'DeleteItem',
  // Of an update; its puts are those of another command too.
  TransactWrite: 'UpdateItem',
};
const CODE: Record<string, string | string[]> = {
  worker: 'FleetInstanceRole',
  'lambda/scaler': 'ScalerFunctionRole',
  'lambda/gateway': 'GatewayFunctionRole',
  'lambda/outcome-events': ['OutcomeEventsFunctionRole', 'WebhooksFunctionRole'],
  'lambda/probe': 'ProbeFunctionRole',
  'lambda/suspend-processes': 'FleetSuspendRebalancingHandlerRole',
  'lambda/origin-secret': 'ApiCdnOriginSecretsHandlerRole',
};

/** Names of the SDK's commands that the code of a folder makes. */
function commandsIn(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  const names = files.flatMap((name) =>
    [...readFileSync(join(folder, name), 'utf8').matchAll(/new (\w+)Command\(/g)].map(([, one = '']) => one),
  );
  return [...new Set(names)].map((name) => ACTIONS[name] ?? name).sort();
}

describe('the table of calls', () => {
  it.each(Object.entries(CODE))('has the commands of %s, and no others', (folder, role) => {
    const calls = callsOf('prod').filter((call) => list(role).includes(call.role) && call.by !== 'Lambda');
    const ours = calls.filter(({ by }) => by === undefined || by === 'a signed link');
    const actions = new Set(ours.map(({ action }) => action.split(':')[1]!));
    expect([...new Set(commandsIn(folder))]).toEqual([...actions].sort());
  });
});

it.each<[service: string, target: string, input: object, resource: string | RegExp]>([
  ['dynamodb', 'PutItem', { TableName: 'Photos-OutcomeEventsSent6BC1E9F6-1A2B' }, table('OutcomeEventsSent')],
  ['dynamodb', 'UpdateItem', { TableName: 'Photos-dev-Usage0F8E7D6C-X' }, table('Usage')],
  ['dynamodb', 'GetItem', { TableName: 'S-GatewayTable61116B81-Y1' }, table('GatewayTable')],
  ['dynamodb', 'BatchGetItem', { RequestItems: { 'S-ScalerTable00000000-Y': {} } }, table('ScalerTable')],
  [
    ...(['dynamodb', 'Query'] as const),
    { TableName: 'S-WebhooksDeliveriesAAAAAAAA-Y', IndexName: 'due' },
    table('WebhooksDeliveries/index/due'),
  ],
  ['dynamodb', 'PutItem', { TableName: 'photos' }, /the resource 'photos'/],
  ['sqs', 'SendMessage', { QueueUrl: 'http://aws/1/S-JobsDeadLetters12345678-Z' }, DEAD_LETTERS],
  ['sqs', 'DeleteMessageBatch', { QueueUrl: 'http://aws/1/S-JobsQueue12345678-Z' }, QUEUE],
  ['sqs', 'ReceiveMessage', { QueueUrl: 'http://aws/1/S-BulkJobsQueue12345678-Z' }, BULK_QUEUE],
])('a recorded request is that of its resource: %s %s %j', (service, target, input, resource) => {
  const read = () =>
    callsIn({
      ...{ by: 'S-OutcomeEventsFunction-A', service, method: 'POST', path: '/' },
      ...{ target: `X.${target}`, body: JSON.stringify(input) },
    }).map((call) => call.resource);
  if (resource instanceof RegExp) expect(read).toThrow(resource);
  else expect(read()).toEqual([resource]);
});
