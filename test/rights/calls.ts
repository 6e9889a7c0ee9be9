/**
 * Every call to AWS that the deployed code makes, as IAM sees it: role, action, resource, and the context keys that AWS supplies
 * (Service Authorization Reference). A recorded run must have no other calls: recorded.full.test.ts.
 */
import { FOLDERS, QUEUES } from '../../contract/lanes.ts';
import { sharedKey } from '../../contract/keys.ts';
import { ACCOUNT, REGION, roleIdOf } from './policies.ts';
import {
  BUCKET,
  type Call,
  DEAD_LETTERS,
  EVENTS,
  EVENT_SCHEDULE,
  GATEWAY,
  INSTANCE,
  JOB_QUEUES,
  METRICS,
  ORIGIN_SECRET,
  OWN_WORK,
  PROBE,
  PROBED,
  PROBE_SCHEDULE,
  type Row,
  SCALER,
  SCHEDULE,
  SUSPEND,
  WEBHOOKS,
  WEBHOOK_SCHEDULE,
  WORKER,
  group,
  item,
  lambda,
  logs,
  parameter,
  rows,
  table,
} from './call.ts';
import { callsOfOutcomes } from './calls-of-outcomes.ts';

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
      [WORKER, 'cloudwatch:PutMetricData', '*', METRICS],
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
      [SCALER, 'cloudwatch:PutMetricData', '*', METRICS],
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
      [PROBE, 'cloudwatch:PutMetricData', '*', METRICS],
      ...callsOn(fleet),
    ),
    ...callsOfOutcomes(),
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
