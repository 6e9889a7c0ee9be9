/** Calls that no role of a stage may make, though an attacker who holds the role would like to. */
import { ACCOUNT, REGION, roleIdOf } from './policies.ts';
import {
  BULK_QUEUE,
  SIDELINED_QUEUE,
  DEAD_LETTERS,
  BUCKET,
  BUS,
  group,
  INSTANCE,
  OUTCOMES,
  parameter,
  PROBED,
  QUEUE,
  table,
  type Call,
} from './call.ts';

const WORKER = 'FleetInstanceRole';
const SCALER = 'ScalerFunctionRole';
const GATEWAY = 'GatewayFunctionRole';
const PROBE = 'ProbeFunctionRole';
const EVENTS = 'OutcomeEventsFunctionRole';
const WEBHOOKS = 'WebhooksFunctionRole';
const SUSPEND = 'FleetSuspendRebalancingHandlerRole';
const ORIGIN_SECRET = 'ApiCdnOriginSecretsHandlerRole';
const SCHEDULE = 'ScalerScheduleRole';
const PROBE_SCHEDULE = 'ProbeScheduleRole';
const EVERY = [
  ORIGIN_SECRET,
  WORKER,
  SCALER,
  GATEWAY,
  PROBE,
  EVENTS,
  WEBHOOKS,
  SUSPEND,
  SCHEDULE,
  PROBE_SCHEDULE,
];

type Row = [action: string, resource: string, context?: Call['context']];
const by = (role: string, ...rows: Row[]): Call[] =>
  rows.map(([action, resource, context]) => ({ role, action, resource, ...(context && { context }) }));

const otherQueue = QUEUE.replace('JobsQueue', 'OtherQueue');
const otherBucket = 'arn:aws:s3:::otherbucket';
const item = (key: string, ...attributes: string[]) => ({
  'dynamodb:LeadingKeys': [key],
  'dynamodb:Attributes': attributes,
});
const neighbour = `work#${roleIdOf(WORKER)}:i-0000000000000000b`;
const own = `work#${roleIdOf(WORKER)}:${INSTANCE}`;

/** Of any role: rights over rights, other people's data, and code that runs elsewhere. */
const everywhere: Row[] = [
  ['iam:CreateUser', `arn:aws:iam::${ACCOUNT}:user/mallory`],
  ['iam:PassRole', `arn:aws:iam::${ACCOUNT}:role/Admin`],
  ['iam:PutRolePolicy', `arn:aws:iam::${ACCOUNT}:role/FleetInstanceRole`],
  ['sts:AssumeRole', `arn:aws:iam::${ACCOUNT}:role/Admin`],
  ['secretsmanager:GetSecretValue', `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:database-AbCdEf`],
  ['ssm:SendCommand', `arn:aws:ec2:${REGION}:${ACCOUNT}:instance/${INSTANCE}`],
  ['lambda:UpdateFunctionCode', `arn:aws:lambda:${REGION}:${ACCOUNT}:function:ScalerFunction`],
  ['ec2:RunInstances', `arn:aws:ec2:${REGION}:${ACCOUNT}:instance/*`],
  ['s3:DeleteBucket', BUCKET],
  ['s3:PutBucketPolicy', BUCKET],
  ['s3:GetObject', `${otherBucket}/incoming/Oma.jpg`],
  ['sqs:PurgeQueue', QUEUE],
  ['dynamodb:DeleteTable', table('ScalerTable')],
];

/** @param stage its name */
export function deniedTo(stage: string): Call[] {
  const fleet = group(`ddcolor-elastic-${stage}`);
  const others = [`${stage}2`, `${stage}-on-demand2`].map((name) => group(`ddcolor-elastic-${name}`));
  const onEach = (...actions: string[]) =>
    actions.flatMap((action) => others.map((fleet): Row => [action, fleet]));
  return [
    ...EVERY.flatMap((role) => by(role, ...everywhere)),
    ...by(
      WORKER,
      ['sqs:SendMessage', QUEUE],
      ['sqs:SendMessage', BULK_QUEUE],
      ['sqs:SendMessage', SIDELINED_QUEUE],
      ['sqs:ReceiveMessage', otherQueue],
      ['sqs:ReceiveMessage', DEAD_LETTERS],
      ['sqs:SendMessage', otherQueue],
      ['s3:PutObject', `${BUCKET}/incoming/Oma.jpg`],
      ['s3:DeleteObject', `${BUCKET}/incoming/Oma.jpg`],
      ['s3:PutObject', `${BUCKET}/bulk/Oma.jpg`],
      ['s3:DeleteObject', `${BUCKET}/bulk/Oma.jpg`],
      ['s3:PutObject', `${BUCKET}/sidelined/Oma.jpg`],
      ['s3:PutObject', `${BUCKET}/page/index.html`],
      ['s3:ListBucket', otherBucket],
      ['autoscaling:SetDesiredCapacity', fleet],
      ...onEach('autoscaling:CompleteLifecycleAction', 'autoscaling:SetInstanceHealth'),
      ['ssm:GetParameter', parameter('ddcolor-elastic/prod2/worker')],
      ['ssm:GetParameter', parameter('database/password')],
      ['ssm:PutParameter', parameter(`ddcolor-elastic/${stage}/ami/current`)],
      ['ssm:PutParameter', parameter(`ddcolor-elastic/${stage}/worker`)],
      ['dynamodb:UpdateItem', table('ScalerTable'), item('scaler', 'ledger')],
      ['dynamodb:UpdateItem', table('ScalerTable'), item(neighbour, 'completed')],
      ['dynamodb:UpdateItem', table('ScalerTable'), item(own, 'leaseOwner')],
      ['dynamodb:UpdateItem', table('ScalerTable'), item('attempts#message', 'leaseOwner')],
      ['dynamodb:UpdateItem', table('ScalerTable'), item('scaler', 'attempts')],
      ['dynamodb:GetItem', table('ScalerTable'), item('scaler', 'view')],
      ['dynamodb:PutItem', table('ScalerTable'), item(own, 'completed')],
      ['dynamodb:UpdateItem', table('GatewayTable'), item(own, 'completed')],
      ['cloudwatch:PutMetricData', '*', { 'cloudwatch:namespace': 'Billing' }],
      ['cloudwatch:DeleteAlarms', `arn:aws:cloudwatch:${REGION}:${ACCOUNT}:alarm:oldest-photo`],
    ),
    ...by(
      SCALER,
      ['sqs:SendMessage', QUEUE],
      ['sqs:ReceiveMessage', otherQueue],
      ['s3:GetObject', `${BUCKET}/incoming/Oma.jpg`],
      ['autoscaling:UpdateAutoScalingGroup', fleet],
      ...onEach('autoscaling:SetDesiredCapacity', 'autoscaling:TerminateInstanceInAutoScalingGroup'),
      ...onEach('autoscaling:PutWarmPool'),
      ['autoscaling:DeleteWarmPool', fleet],
      ['dynamodb:UpdateItem', table('ScalerTable'), item(own, 'completed')],
      ['dynamodb:BatchGetItem', table('ScalerTable'), item('scaler', 'policy')],
      ['dynamodb:BatchGetItem', table('ScalerTable'), item('work#AROAOTHER:i-0', 'completed')],
      ['dynamodb:Scan', table('ScalerTable')],
      ['cloudwatch:PutMetricData', '*', { 'cloudwatch:namespace': 'Billing' }],
    ),
    ...by(
      EVENTS,
      ['s3:GetObject', `${BUCKET}/incoming/Oma.jpg`],
      ['s3:PutObject', `${BUCKET}/results/Oma.jpg`],
      ['s3:DeleteObject', `${BUCKET}/results/Oma.jpg`],
      ['sqs:SendMessage', OUTCOMES],
      ['sqs:ReceiveMessage', QUEUE],
      ['events:PutEvents', BUS.replace('OutcomeEventsBus', 'default')],
      ['dynamodb:GetItem', table('GatewayTable'), item('count#all#0', 'id')],
      ['dynamodb:GetItem', table('GatewayTable'), item('photo#a', 'id', 'owner', 'name')],
      ['dynamodb:DeleteItem', table('OutcomeEventsSent'), item('sweep')],
      ['s3:ListBucket', otherBucket],
      ['dynamodb:PutItem', table('WebhooksTable'), item('a', 'url')],
      ['dynamodb:Query', table('WebhooksDeliveries'), item('a')],
      ['dynamodb:PutItem', table('Usage'), item('2026-11-29', 'coloured')],
      ['dynamodb:UpdateItem', table('Usage'), item('counted#evt_a', 'expiresAt')],
      ['dynamodb:DeleteItem', table('Usage'), item('counted#evt_a')],
      ['events:PutRule', BUS.replace('event-bus/', 'rule/')],
    ),
    ...by(
      WEBHOOKS,
      ['s3:GetObject', `${BUCKET}/results/Oma.jpg`],
      ['dynamodb:GetItem', table('GatewayTable'), item('photo#a', 'id', 'owner')],
      ['dynamodb:GetItem', table('GatewayTable'), item('count#all#0', 'id')],
      ['dynamodb:PutItem', table('WebhooksTable'), item('a', 'url')],
      ['dynamodb:DeleteItem', table('WebhooksTable'), item('a')],
      ['dynamodb:Scan', table('WebhooksDeliveries')],
      ['sqs:ReceiveMessage', OUTCOMES],
      ['events:PutEvents', BUS],
      ['cloudwatch:PutMetricData', '*', { 'cloudwatch:namespace': 'Billing' }],
    ),
    ...by(
      GATEWAY,
      ['dynamodb:Query', table('Usage'), item('2026-11-29')],
      ['dynamodb:PutItem', table('Usage'), item('2026-11-29', 'photos')],
      ['dynamodb:UpdateItem', table('Usage'), item('counted#evt_a', 'expiresAt')],
      ['dynamodb:Query', table('WebhooksDeliveries'), item('a')],
      ['dynamodb:Scan', table('WebhooksTable')],
      // Ids are the only secret of an open stage.
      ['s3:ListBucket', BUCKET],
      ['s3:GetObject', `${BUCKET}/incoming/Album 1/Oma.jpg`],
      ['s3:GetObject', `${BUCKET}/results/Album 1/Oma.jpg`],
      ['s3:GetObject', `${BUCKET}/failed/Album 1/Oma.jpg.json`],
      ['s3:PutObject', `${BUCKET}/incoming/Album 1/Oma.jpg`],
      ['s3:PutObject', `${BUCKET}/results/api/abcdefghijklmnopqrstuv`],
      ['s3:DeleteObject', `${BUCKET}/incoming/Oma.jpg`],
      ['s3:DeleteObject', `${BUCKET}/results/Oma.jpg`],
      ['dynamodb:DeleteItem', table('GatewayTable'), item('count#all#0')],
      ['s3:GetObject', `${BUCKET}/bulk/Album 1/Oma.jpg`],
      ['s3:GetObject', `${BUCKET}/bulk-results/Album 1/Oma.jpg`],
      ['s3:PutObject', `${BUCKET}/bulk-results/api/abcdefghijklmnopqrstuv`],
      ['s3:GetObject', `${BUCKET}/sidelined/Album 1/Oma.jpg`],
      ['s3:PutObject', `${BUCKET}/sidelined-results/api/abcdefghijklmnopqrstuv`],
      ['sqs:ReceiveMessage', SIDELINED_QUEUE],
      ['sqs:ReceiveMessage', QUEUE],
      ['autoscaling:SetDesiredCapacity', fleet],
      ['dynamodb:GetItem', table('ScalerTable'), item('scaler', 'ledger')],
      ['dynamodb:GetItem', table('ScalerTable'), item(own, 'id')],
      ['dynamodb:UpdateItem', table('ScalerTable'), item('scaler', 'view')],
      ['dynamodb:Scan', table('GatewayTable')],
      ['dynamodb:DeleteItem', table('GatewayTable'), item('quota#a')],
    ),
    ...by(
      PROBE,
      ['s3:ListBucket', BUCKET],
      ['s3:GetObject', `${BUCKET}/incoming/Album 1/Oma.jpg`],
      ['s3:GetObject', `${BUCKET}/results/Album 1/Oma.jpg`],
      ['s3:DeleteObject', `${BUCKET}/incoming/Album 1/Oma.jpg`],
      ['s3:DeleteObject', `${BUCKET}/results/api/abcdefghijklmnopqrstuv`],
      ['s3:PutObject', `${BUCKET}/incoming/Album 1/Oma.jpg`],
      ['s3:PutObject', `${BUCKET}/results/${PROBED}`],
      ['s3:PutObject', `${BUCKET}/failed/${PROBED}.json`],
      ['dynamodb:GetItem', table('ScalerTable'), item('scaler', 'ledger')],
      ['dynamodb:GetItem', table('ScalerTable'), item(own, 'id')],
      ['dynamodb:UpdateItem', table('ScalerTable'), item('scaler', 'view')],
      ['dynamodb:GetItem', table('GatewayTable'), item('photo#a', 'id')],
      ['ssm:GetParameter', parameter(`ddcolor-elastic/${stage}/worker`)],
      ['ssm:PutParameter', parameter(`ddcolor-elastic/${stage}/ami/current`)],
      ['sqs:ReceiveMessage', QUEUE],
      ['cloudwatch:PutMetricData', '*', { 'cloudwatch:namespace': 'AWS/SQS' }],
    ),
    ...by(
      SUSPEND,
      ...onEach('autoscaling:SuspendProcesses'),
      ['autoscaling:DeleteAutoScalingGroup', fleet],
      ['autoscaling:SetDesiredCapacity', fleet],
    ),
    ...[SCHEDULE, PROBE_SCHEDULE].flatMap((role) =>
      by(role, ['lambda:InvokeFunction', `arn:aws:lambda:${REGION}:${ACCOUNT}:function:Other`]),
    ),
  ];
}
