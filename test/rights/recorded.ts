/** Recorded requests as IAM sees them. */
import { plainId } from '../lib/template.ts';
import { BUCKET, BUS, group, INSTANCE, OWN_WORK, parameter, table, type Call } from './call.ts';
import { ACCOUNT, REGION, roleIdOf } from './policies.ts';

/** A line of `record.mjs`. */
export interface Recorded {
  /** Name of a function, or `worker`. */
  by: string;
  service: string;
  method: string;
  path: string;
  target?: string;
  body: string;
}

const ROLES: [RegExp, string][] = [
  [/^worker$/, 'FleetInstanceRole'],
  [/Scaler/, 'ScalerFunctionRole'],
  [/Probe/, 'ProbeFunctionRole'],
  [/Gateway/, 'GatewayFunctionRole'],
  [/Suspend/, 'FleetSuspendRebalancingHandlerRole'],
  [/OutcomeEvents/, 'OutcomeEventsFunctionRole'],
  [/Webhooks/, 'WebhooksFunctionRole'],
];
const S3_ACTIONS: Record<string, string> = {
  GET: 'GetObject',
  HEAD: 'GetObject',
  PUT: 'PutObject',
  DELETE: 'DeleteObject',
};

/**
 * The id in the template, without its hash, of what CloudFormation named `STACK-ID-SUFFIX`.
 *
 * @throws Error for another name: a resource that is taken for another one would be tested for the wrong rights
 */
function resourceIn(name: string): string {
  const id = /-([A-Za-z0-9]+[0-9A-F]{8})-[A-Za-z0-9]+$/.exec(name)?.[1];
  if (id === undefined) throw new Error(`a call of the resource '${name}'`);
  return plainId(id);
}

/** A transaction is allowed by the rights of each of its writes. */
export function callsIn(recorded: Recorded): Call[] {
  if (!recorded.target?.endsWith('.TransactWriteItems')) return [callOf(recorded)];
  const { TransactItems = [] } = JSON.parse(recorded.body) as { TransactItems?: Record<string, object>[] };
  return TransactItems.flatMap((one) =>
    Object.entries(one).map(([operation, input]) =>
      callOf({ ...recorded, target: `DynamoDB.${operation}Item`, body: JSON.stringify(input) }),
    ),
  );
}

/** @throws Error for a request that this cannot read: an unknown call is none that is allowed */
export function callOf(recorded: Recorded): Call {
  const role = ROLES.find(([name]) => name.test(recorded.by))?.[1];
  if (role === undefined) throw new Error(`a call by '${recorded.by}'`);
  const { service, method, path, target, body } = recorded;
  if (service === 's3') {
    const [, , ...key] = decodeURIComponent(path.split('?')[0]!).split('/');
    return { role, action: `s3:${S3_ACTIONS[method] ?? method}`, resource: `${BUCKET}/${key.join('/')}` };
  }
  const operation =
    target?.split('.')[1] ??
    /\/operation\/(\w+)/.exec(path)?.[1] ??
    new URLSearchParams(body).get('Action') ??
    undefined;
  if (operation === undefined) throw new Error(`a call of ${service}: ${method} ${path}`);
  const call = { role, action: `${service === 'monitoring' ? 'cloudwatch' : service}:${operation}` };
  if (service === 'monitoring')
    return { ...call, resource: '*', context: { 'cloudwatch:namespace': namespaceIn(body) } };
  if (service === 'autoscaling') {
    const name = new URLSearchParams(body).get('AutoScalingGroupName');
    return { ...call, resource: operation.startsWith('Describe') || name === null ? '*' : group(name) };
  }
  const input = JSON.parse(body) as Record<string, unknown>;
  if (service === 'sqs') {
    const resource = `arn:aws:sqs:${REGION}:${ACCOUNT}:${resourceIn(String(input.QueueUrl))}`;
    return { ...call, action: call.action.replace(/Batch$/, ''), resource };
  }
  if (service === 'ssm') {
    const name = String(input.Name)
      .slice(1)
      .replace(/i-[0-9a-f]+$/, INSTANCE);
    return { ...call, resource: parameter(name) };
  }
  if (service === 'events') return { ...call, resource: BUS };
  if (service === 'dynamodb') return { ...call, ...itemCall(input) };
  throw new Error(`a call of ${service}`);
}

const namespaceIn = (body: string): string => String((JSON.parse(body) as { Namespace?: string }).Namespace);

const WORDS = /\b(?:SET|ADD|REMOVE|DELETE|AND|OR|NOT)\b/g;
/** Names of attributes that an expression has without a placeholder; what a bracket follows is a function. */
const namesIn = (expression: unknown): string[] =>
  typeof expression === 'string'
    ? (expression
        .replace(WORDS, ' ')
        .replace(/[:#]\w+/g, ' ')
        .match(/\b[A-Za-z_]\w*\b(?!\()/g) ?? [])
    : [];

type Item = Record<string, { S?: string }>;
interface Request {
  Keys?: Item[];
  Key?: Item;
  Item?: Item;
  ExpressionAttributeNames?: Record<string, string>;
  UpdateExpression?: string;
  ConditionExpression?: string;
  ProjectionExpression?: string;
}

interface DynamoInput extends Request {
  RequestItems?: Record<string, Request>;
  TableName?: string;
  IndexName?: string;
  ReturnValues?: string;
}

/** What DynamoDB gives IAM: the items' keys, the attributes that are named, and whether all are asked for. */
function itemCall(input: DynamoInput): Pick<Call, 'resource' | 'context'> {
  const [batch] = Object.entries(input.RequestItems ?? {});
  const [name, request] = batch ?? [input.TableName ?? '', input];
  const items = request.Keys ?? [request.Key ?? request.Item ?? {}];
  const attributes = [
    ...items.flatMap((item) => Object.keys(item)),
    ...Object.values(request.ExpressionAttributeNames ?? {}),
    ...[request.UpdateExpression, request.ConditionExpression, request.ProjectionExpression].flatMap(namesIn),
  ];
  return {
    resource: `${table(resourceIn(name))}${input.IndexName === undefined ? '' : `/index/${input.IndexName}`}`,
    context: {
      'dynamodb:LeadingKeys': items.map((item) => keyOf((item.id ?? item.day)?.S ?? '')),
      'dynamodb:Attributes': [...new Set(attributes)],
      ...(request.ProjectionExpression !== undefined && { 'dynamodb:Select': 'SPECIFIC_ATTRIBUTES' }),
      ...(input.ReturnValues !== undefined && { 'dynamodb:ReturnValues': input.ReturnValues }),
    },
  };
}

/** The counters of an instance, under the names of the template's role. */
const keyOf = (key: string): string =>
  key.startsWith('work#') ? (key.includes(':i-') ? OWN_WORK : `work#${roleIdOf('FleetInstanceRole')}`) : key;
