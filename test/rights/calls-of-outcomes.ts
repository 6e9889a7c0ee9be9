/** Calls of the functions for events of outcomes, webhooks and usage, and the gateway's for them. */
import { FOLDERS, QUEUES } from '../../contract/lanes.ts';
import {
  BUCKET,
  BUS,
  DEAD_DELIVERIES,
  EVENTS,
  GATEWAY,
  METRICS,
  OUTCOMES,
  WAKES,
  WEBHOOKS,
  item,
  rows,
  table,
  type Call,
  type Row,
} from './call.ts';

export const callsOfOutcomes = (): Call[] => [
  ...rows(
    undefined,
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
    [EVENTS, 'cloudwatch:PutMetricData', '*', METRICS],
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
    [WEBHOOKS, 'cloudwatch:PutMetricData', '*', METRICS],
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
];
