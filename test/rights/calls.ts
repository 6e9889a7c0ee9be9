/**
 * Every call to AWS that the deployed code makes, as IAM sees it: role, action, resource, and the context keys that AWS supplies
 * (Service Authorization Reference). A recorded run must have no other calls: recorded.full.test.ts.
 */
import { FOLDERS, QUEUES } from '../../contract/lanes.ts';
import { sharedKey } from '../../contract/keys.ts';
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

const [WORKER, SCALER, GATEWAY] = ['FleetInstanceRole', 'ScalerFunctionRole', 'GatewayFunctionRole'];
const PROBE = 'ProbeFunctionRole';
const EVENTS = 'OutcomeEventsFunctionRole';
const WEBHOOKS = 'WebhooksFunctionRole';
const SUSPEND = 'FleetSuspendRebalancingHandlerRole';
const ORIGIN_SECRET = 'ApiCdnOriginSecretsHandlerRole';
const SCHEDULE = 'ScalerScheduleRole';
const PROBE_SCHEDULE = 'ProbeScheduleRole';
const WEBHOOK_SCHEDULE = 'WebhooksScheduleRole';
const EVENT_SCHEDULE = 'OutcomeEventsScheduleRole';

export const INSTANCE = 'i-0abcdef1234567890';
export const QUEUE = `arn:aws:sqs:${REGION}:${ACCOUNT}:JobsQueue`;
export const SIDELINED_QUEUE = `arn:aws:sqs:${REGION}:${ACCOUNT}:SidelinedJobsQueue`;
export const BULK_QUEUE = `arn:aws:sqs:${REGION}:${ACCOUNT}:BulkJobsQueue`;
const JOB_QUEUES = [QUEUE, SIDELINED_QUEUE, BULK_QUEUE];
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
const lambda = (name: string) => `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${name}`;
const logs = (name: string) => `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:${name}:log-stream:2026/11/28/a`;
/** Below `incoming/`. */
export const PROBED = 'ddcolor-elastic-probe/2026-11-28T05.png';
export const OWN_WORK = `work#${roleIdOf(WORKER)}:${INSTANCE}`;

type Row = [role: string, action: string, resource: string, context?: Call['context']];
const rows = (by: Call['by'], ...calls: Row[]): Call[] =>
  calls.map(([role, action, resource, context]) => ({
    ...{ role, action, resource },
    ...(context && { context }),
    ...(by && { by }),
  }));

/** Those on one group. */
const callsOn = (fleet: string): Row[] => [
  [WORKER, 'autoscaling:CompleteLifecycleAction', fleet],
  [WORKER, 'autoscaling:SetInstanceHealth', fleet],
  [SCALER, 'autoscaling:SetDesiredCapacity', fleet],
  [SCALER, 'autoscaling:TerminateInstanceInAutoScalingGroup', fleet],
  [SUSPEND, 'autoscaling:SuspendProcesses', fleet],
  [SUSPEND, 'autoscaling:ResumeProcesses', fleet],
];

/** What a stage has beside its first group: an on-demand one, and stopped instances in it. */
export interface Fallback {
  hasFallback: boolean;
  hasWarmPool: boolean;
}

/** @param stage its name */
export function callsOf(
  stage: string,
  { hasFallback, hasWarmPool }: Fallback = { hasFallback: true, hasWarmPool: true },
): Call[] {
  const fleet = group(`ddcolor-elastic-${stage}`);
  const metrics = { 'cloudwatch:namespace': 'DDColorElastic' };
  const item = (key: string | string[], attributes: string[], more: Call['context'] = {}) => ({
    'dynamodb:LeadingKeys': [key].flat(),
    'dynamodb:Attributes': attributes,
    ...more,
  });
  return [
    ...rows(
      undefined,
      ...JOB_QUEUES.flatMap((queue): Row[] => [
        [WORKER, 'sqs:ReceiveMessage', queue],
        [WORKER, 'sqs:DeleteMessage', queue],
        [WORKER, 'sqs:ChangeMessageVisibility', queue],
      ]),
      [WORKER, 'sqs:SendMessage', DEAD_LETTERS],
      ...QUEUES.flatMap((queue): Row[] => {
        const { photos, results, failed } = FOLDERS[queue];
        const outcomes = [`${BUCKET}/${results}Album 1/Oma.jpg`, `${BUCKET}/${failed}Album 1/Oma.jpg.json`];
        return [
          [WORKER, 's3:GetObject', `${BUCKET}/${photos}Album 1/Oma.jpg`],
          ...['s3:GetObject', 's3:PutObject', 's3:DeleteObject'].flatMap((action) =>
            outcomes.map((outcome): Row => [WORKER, action, outcome]),
          ),
        ];
      }),
      [WORKER, 'ssm:GetParameter', parameter(`ddcolor-elastic/${stage}/worker`)],
      [WORKER, 'ssm:PutParameter', parameter(`ddcolor-elastic/${stage}/ami/verdict/${INSTANCE}`)],
      [
        WORKER,
        'dynamodb:UpdateItem',
        table('ScalerTable'),
        item(OWN_WORK, ['id', 'expiresAt', 'completed', 'busySeconds', 'bulkCompleted', 'bulkBusySeconds']),
      ],
      [
        WORKER,
        'dynamodb:UpdateItem',
        table('ScalerTable'),
        item(OWN_WORK, ['id', 'expiresAt', 'bootFailure']),
      ],
      [
        WORKER,
        'dynamodb:UpdateItem',
        table('ScalerTable'),
        item('attempts#message', ['id', 'expiresAt', 'attempts', 'faultedOn'], {
          'dynamodb:ReturnValues': 'UPDATED_NEW',
        }),
      ],
      [WORKER, 'cloudwatch:PutMetricData', '*', metrics],
      ...JOB_QUEUES.flatMap((queue): Row[] => [
        [SCALER, 'sqs:GetQueueAttributes', queue],
        [SCALER, 'sqs:ReceiveMessage', queue],
        [SCALER, 'sqs:DeleteMessage', queue],
      ]),
      [SCALER, 'autoscaling:DescribeAutoScalingGroups', '*'],
      [SCALER, 'autoscaling:DescribeScalingActivities', '*'],
      [
        SCALER,
        'dynamodb:UpdateItem',
        table('ScalerTable'),
        item('scaler', ['id', 'leaseOwner', 'leaseUntil', 'policy', 'ledger', 'view'], {
          'dynamodb:ReturnValues': 'ALL_NEW',
        }),
      ],
      [
        SCALER,
        'dynamodb:BatchGetItem',
        table('ScalerTable'),
        item(
          [OWN_WORK, `work#${roleIdOf(WORKER)}:i-0000000000000000b`],
          ['id', 'completed', 'busySeconds', 'bulkCompleted', 'bulkBusySeconds'],
          {
            'dynamodb:Select': 'SPECIFIC_ATTRIBUTES',
          },
        ),
      ],
      [
        SCALER,
        'dynamodb:GetItem',
        table('ScalerTable'),
        item('scaler', ['id', 'view', 'leaseUntil'], { 'dynamodb:Select': 'SPECIFIC_ATTRIBUTES' }),
      ],
      [
        SCALER,
        'dynamodb:BatchGetItem',
        table('ScalerTable'),
        item([OWN_WORK], ['id', 'bootFailure'], { 'dynamodb:Select': 'SPECIFIC_ATTRIBUTES' }),
      ],
      [SCALER, 'cloudwatch:PutMetricData', '*', metrics],
      ...QUEUES.flatMap((queue): Row[] => {
        const { photos, results, failed } = FOLDERS[queue];
        return [
          [GATEWAY, 's3:GetObject', `${BUCKET}/${photos}api/abcdefghijklmnopqrstuv`],
          [GATEWAY, 's3:GetObject', `${BUCKET}/${results}api/abcdefghijklmnopqrstuv`],
          [GATEWAY, 's3:GetObject', `${BUCKET}/${failed}api/abcdefghijklmnopqrstuv.json`],
          [GATEWAY, 's3:PutObject', `${BUCKET}/${photos}api/abcdefghijklmnopqrstuv`],
          [GATEWAY, 's3:DeleteObject', `${BUCKET}/${photos}api/abcdefghijklmnopqrstuv`],
          [GATEWAY, 's3:DeleteObject', `${BUCKET}/${results}api/abcdefghijklmnopqrstuv`],
          [GATEWAY, 's3:DeleteObject', `${BUCKET}/${failed}api/abcdefghijklmnopqrstuv.json`],
        ];
      }),
      [GATEWAY, 's3:DeleteObject', `${BUCKET}/${sharedKey('abcdefghijklmnopqrstuv')}`],
      [GATEWAY, 's3:GetObject', `${BUCKET}/${sharedKey('abcdefghijklmnopqrstuv')}`],
      [
        GATEWAY,
        'dynamodb:DeleteItem',
        table('GatewayTable'),
        item('photo#a', [], { 'dynamodb:ReturnValues': 'ALL_OLD' }),
      ],
      [GATEWAY, 'dynamodb:GetItem', table('GatewayTable'), item('photo#a', [])],
      [GATEWAY, 'dynamodb:PutItem', table('GatewayTable'), item('photo#a', ['id', 'name'])],
      [GATEWAY, 'dynamodb:UpdateItem', table('GatewayTable'), item('quota#a', ['id', 'photos'])],
      [GATEWAY, 'dynamodb:UpdateItem', table('GatewayTable'), item('unfinished#a', ['id', 'photos'])],
      [
        GATEWAY,
        'dynamodb:GetItem',
        table('ScalerTable'),
        item('scaler', ['id', 'view'], { 'dynamodb:Select': 'SPECIFIC_ATTRIBUTES' }),
      ],
      [PROBE, 's3:PutObject', `${BUCKET}/incoming/${PROBED}`],
      [PROBE, 's3:GetObject', `${BUCKET}/incoming/${PROBED}`],
      [PROBE, 's3:GetObject', `${BUCKET}/results/${PROBED}`],
      [PROBE, 's3:GetObject', `${BUCKET}/failed/${PROBED}.json`],
      [PROBE, 's3:DeleteObject', `${BUCKET}/incoming/${PROBED}`],
      [PROBE, 's3:DeleteObject', `${BUCKET}/results/${PROBED}`],
      [PROBE, 's3:DeleteObject', `${BUCKET}/failed/${PROBED}.json`],
      [
        PROBE,
        'dynamodb:GetItem',
        table('ScalerTable'),
        item('scaler', ['id', 'view'], { 'dynamodb:Select': 'SPECIFIC_ATTRIBUTES' }),
      ],
      [PROBE, 'ssm:GetParameter', parameter(`ddcolor-elastic/${stage}/ami/current`)],
      [PROBE, 'cloudwatch:PutMetricData', '*', metrics],
      ...QUEUES.flatMap((queue): Row[] => {
        const { results, failed } = FOLDERS[queue];
        const outcomes = [`${BUCKET}/${results}Album 1/Oma.jpg`, `${BUCKET}/${failed}Album 1/Oma.jpg.json`];
        return outcomes.map((outcome) => [EVENTS, 's3:GetObject', outcome]);
      }),
      ...['Query', 'GetItem', 'PutItem', 'UpdateItem', 'DeleteItem'].map((action): Row => [
        GATEWAY,
        `dynamodb:${action}`,
        table('WebhooksTable'),
      ]),
      [
        EVENTS,
        'dynamodb:GetItem',
        table('GatewayTable'),
        item('photo#a', ['id', 'owner', 'deletedAt'], { 'dynamodb:Select': 'SPECIFIC_ATTRIBUTES' }),
      ],
      [EVENTS, 's3:ListBucket', BUCKET],
      ...['GetItem', 'PutItem', 'BatchGetItem'].map((action): Row => [
        EVENTS,
        `dynamodb:${action}`,
        table('OutcomeEventsSent'),
      ]),
      [EVENTS, 'cloudwatch:PutMetricData', '*', metrics],
      [GATEWAY, 'dynamodb:UpdateItem', table('Usage'), item('2026-11-29', ['day', 'of', 'photos'])],
      [EVENTS, 'dynamodb:UpdateItem', table('Usage'), item('2026-11-29', ['day', 'of', 'coloured'])],
      [EVENTS, 'dynamodb:PutItem', table('Usage'), item('counted#evt_a', ['day', 'of', 'expiresAt'])],
      [EVENTS, 'dynamodb:Query', table('WebhooksTable')],
      [EVENTS, 'dynamodb:PutItem', table('WebhooksDeliveries')],
      [EVENTS, 'sqs:SendMessage', WAKES],
      [
        WEBHOOKS,
        'dynamodb:GetItem',
        table('GatewayTable'),
        item('photo#a', ['id', 'deletedAt'], { 'dynamodb:Select': 'SPECIFIC_ATTRIBUTES' }),
      ],
      [WEBHOOKS, 'dynamodb:UpdateItem', table('WebhooksTable')],
      [WEBHOOKS, 'dynamodb:Scan', table('WebhooksTable')],
      [WEBHOOKS, 'dynamodb:UpdateItem', table('WebhooksDeliveries')],
      [WEBHOOKS, 'dynamodb:DeleteItem', table('WebhooksDeliveries')],
      [WEBHOOKS, 'dynamodb:Query', `${table('WebhooksDeliveries')}/index/due`],
      [WEBHOOKS, 'dynamodb:Query', `${table('WebhooksDeliveries')}/index/oldest`],
      [WEBHOOKS, 'sqs:SendMessage', WAKES],
      [WEBHOOKS, 'sqs:SendMessage', DEAD_DELIVERIES],
      [WEBHOOKS, 'cloudwatch:PutMetricData', '*', metrics],
      ...callsOn(fleet),
    ),
    ...rows('a signed request', [EVENTS, 'events:PutEvents', BUS]),
    ...rows(
      'Lambda',
      [EVENTS, 'sqs:ReceiveMessage', OUTCOMES],
      [EVENTS, 'sqs:DeleteMessage', OUTCOMES],
      [EVENTS, 'sqs:GetQueueAttributes', OUTCOMES],
      [WEBHOOKS, 'sqs:ReceiveMessage', WAKES],
      [WEBHOOKS, 'sqs:DeleteMessage', WAKES],
      [WEBHOOKS, 'sqs:GetQueueAttributes', WAKES],
    ),
    ...(hasFallback ? rows(undefined, ...callsOn(group(`ddcolor-elastic-${stage}-on-demand`))) : []),
    ...(hasWarmPool
      ? rows(
          undefined,
          [SCALER, 'autoscaling:DescribeWarmPool', '*'],
          [
            SCALER,
            'autoscaling:PutWarmPool',
            group(`ddcolor-elastic-${stage}${hasFallback ? '-on-demand' : ''}`),
          ],
        )
      : []),
    // Without it S3 answers 403, which a worker must not take for a deleted photo.
    ...rows('S3, of a missing object', [WORKER, 's3:ListBucket', BUCKET]),
    ...rows(
      'a signed link',
      [GATEWAY, 's3:PutObject', `${BUCKET}/${sharedKey('abcdefghijklmnopqrstuv')}`],
      [GATEWAY, 's3:PutObject', `${BUCKET}/incoming/api/abcdefghijklmnopqrstuv`],
      [GATEWAY, 's3:PutObject', `${BUCKET}/sidelined/api/abcdefghijklmnopqrstuv`],
      [GATEWAY, 's3:PutObject', `${BUCKET}/bulk/api/abcdefghijklmnopqrstuv`],
    ),
    ...rows(
      'SSM agent',
      [WORKER, 'ssm:UpdateInstanceInformation', `arn:aws:ec2:${REGION}:${ACCOUNT}:instance/${INSTANCE}`],
      [WORKER, 'ssmmessages:CreateControlChannel', '*'],
      [WORKER, 'ssmmessages:CreateDataChannel', '*'],
      [WORKER, 'ssmmessages:OpenControlChannel', '*'],
      [WORKER, 'ssmmessages:OpenDataChannel', '*'],
    ),
    ...rows(
      'CloudWatch agent',
      [WORKER, 'logs:CreateLogStream', logs('FleetLogs')],
      [WORKER, 'logs:PutLogEvents', logs('FleetLogs')],
    ),
    ...rows(
      'EventBridge Scheduler',
      [SCHEDULE, 'lambda:InvokeFunction', lambda('ScalerFunction')],
      [PROBE_SCHEDULE, 'lambda:InvokeFunction', lambda('ProbeFunction')],
      [WEBHOOK_SCHEDULE, 'lambda:InvokeFunction', lambda('WebhooksSweepFunction')],
      [EVENT_SCHEDULE, 'lambda:InvokeFunction', lambda('OutcomeEventsSweepFunction')],
    ),
    ...[
      [SUSPEND, 'FleetSuspendRebalancingHandlerLogs'] as const,
      [ORIGIN_SECRET, 'ApiCdnOriginSecretsHandlerLogs'] as const,
      [SCALER, 'ScalerFunctionLogs'] as const,
      [GATEWAY, 'GatewayFunctionLogs'] as const,
      [PROBE, 'ProbeFunctionLogs'] as const,
      [EVENTS, 'OutcomeEventsFunctionLogs'] as const,
      [WEBHOOKS, 'WebhooksFunctionLogs'] as const,
    ].flatMap(([role, name]) =>
      rows('Lambda', [role, 'logs:CreateLogStream', logs(name)], [role, 'logs:PutLogEvents', logs(name)]),
    ),
  ];
}
