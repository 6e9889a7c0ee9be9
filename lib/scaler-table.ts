/** The scaler's table: its memory, the counters of each instance, and the attempts of photos. */
import { RemovalPolicy } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';
import { MEMORY_KEY, TABLE_EXPIRY, TABLE_KEY, VIEW_ATTRIBUTE } from '../contract/names.ts';
import { onlyItem } from './arns.ts';
import { acknowledge, type Permission } from './permissions.ts';

export class ScalerTable extends dynamodb.Table {
  constructor(scope: Construct, id: string) {
    super(scope, id, {
      partitionKey: { name: TABLE_KEY, type: dynamodb.AttributeType.STRING },
      // The counters of an instance that is gone; the scaler's memory has no such attribute.
      timeToLiveAttribute: TABLE_EXPIRY,
      billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
      // A few ticks rebuild its content, so there is nothing to keep when the stack is deleted.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    acknowledge(
      this,
      'AwsSolutions-DDB3',
      'a few ticks rebuild its content, and a day the spending: nothing to restore',
    );
  }
}

/** Reading what the scaler publishes for others, and nothing else of its memory. */
export const readView = (table: dynamodb.ITable, ...more: string[]): Permission => ({
  actions: ['dynamodb:GetItem'],
  resources: [table.tableArn],
  conditions: {
    'ForAllValues:StringEquals': {
      ...onlyItem(MEMORY_KEY)['ForAllValues:StringEquals'],
      'dynamodb:Attributes': [TABLE_KEY, VIEW_ATTRIBUTE, ...more],
    },
    StringEqualsIfExists: { 'dynamodb:Select': 'SPECIFIC_ATTRIBUTES' },
  },
});
