/** A call to AWS as IAM sees it, and the roles and resources of a stage by their names in the template. */
import { ACCOUNT, REGION, roleIdOf } from './policies.ts';

export interface Call {
  /** The role's id in the template, without its hash. */
  role: string;
  action: string;
  resource: string;
  context?: Record<string, string | string[]>;
  /** Who makes it, where it is not a command of the SDK in our code. */
  by?:
    | 'Lambda'
    | 'a signed request'
    | 'EventBridge Scheduler'
    | 'SSM agent'
    | 'CloudWatch agent'
    | 'a signed link'
    | 'S3, of a missing object';
}

export const [WORKER, SCALER, GATEWAY] = ['FleetInstanceRole', 'ScalerFunctionRole', 'GatewayFunctionRole'];
export const PROBE = 'ProbeFunctionRole';
export const EVENTS = 'OutcomeEventsFunctionRole';
export const WEBHOOKS = 'WebhooksFunctionRole';
export const SUSPEND = 'FleetSuspendRebalancingHandlerRole';
export const ORIGIN_SECRET = 'ApiCdnOriginSecretsHandlerRole';
export const SCHEDULE = 'ScalerScheduleRole';
export const PROBE_SCHEDULE = 'ProbeScheduleRole';
export const WEBHOOK_SCHEDULE = 'WebhooksScheduleRole';
export const EVENT_SCHEDULE = 'OutcomeEventsScheduleRole';

export const INSTANCE = 'i-0abcdef1234567890';
export const QUEUE = `arn:aws:sqs:${REGION}:${ACCOUNT}:JobsQueue`;
export const SIDELINED_QUEUE = `arn:aws:sqs:${REGION}:${ACCOUNT}:SidelinedJobsQueue`;
export const BULK_QUEUE = `arn:aws:sqs:${REGION}:${ACCOUNT}:BulkJobsQueue`;
export const JOB_QUEUES = [QUEUE, SIDELINED_QUEUE, BULK_QUEUE];
export const DEAD_LETTERS = `arn:aws:sqs:${REGION}:${ACCOUNT}:JobsDeadLetters`;
export const OUTCOMES = `arn:aws:sqs:${REGION}:${ACCOUNT}:OutcomeEventsOutcomesQueue`;
export const WAKES = `arn:aws:sqs:${REGION}:${ACCOUNT}:WebhooksWakes`;
export const DEAD_DELIVERIES = `arn:aws:sqs:${REGION}:${ACCOUNT}:WebhooksDeadLetters`;
export const BUS = `arn:aws:events:${REGION}:${ACCOUNT}:event-bus/OutcomeEventsBus`;
export const BUCKET = 'arn:aws:s3:::photosbucket';
export const table = (name: string) => `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/${name}`;
export const group = (name: string) =>
  `arn:aws:autoscaling:${REGION}:${ACCOUNT}:autoScalingGroup:7a3f0000-0000-0000-0000-000000000000:autoScalingGroupName/${name}`;
export const parameter = (name: string) => `arn:aws:ssm:${REGION}:${ACCOUNT}:parameter/${name}`;
export const lambda = (name: string) => `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${name}`;
export const logs = (name: string) =>
  `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:${name}:log-stream:2026/11/28/a`;
/** Below `incoming/`. */
export const PROBED = 'ddcolor-elastic-probe/2026-11-28T05.png';
export const OWN_WORK = `work#${roleIdOf(WORKER)}:${INSTANCE}`;

export type Row = [role: string, action: string, resource: string, context?: Call['context']];
export const rows = (by: Call['by'], ...calls: Row[]): Call[] =>
  calls.map(([role, action, resource, context]) => ({
    ...{ role, action, resource },
    ...(context && { context }),
    ...(by && { by }),
  }));

/** Context keys of a call on items of a table. */
export const item = (key: string | string[], attributes: string[], more: Call['context'] = {}) => ({
  'dynamodb:LeadingKeys': [key].flat(),
  'dynamodb:Attributes': attributes,
  ...more,
});

export const METRICS = { 'cloudwatch:namespace': 'DDColorElastic' };
