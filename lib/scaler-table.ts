/** The scaler's table: its memory, and the counters that workers add up for it. */
import { RemovalPolicy } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';
import { TABLE_KEY } from '../contract/names.ts';
import { acknowledge } from './permissions.ts';

export class ScalerTable extends dynamodb.Table {
  constructor(scope: Construct, id: string) {
    super(scope, id, {
      partitionKey: { name: TABLE_KEY, type: dynamodb.AttributeType.STRING },
      billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
      // A few ticks rebuild what it holds: nothing to restore, nothing to keep when the stack goes.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    acknowledge(
      this,
      'AwsSolutions-DDB3',
      'a few ticks rebuild what it holds, and a day what it cost: nothing to restore',
    );
  }
}
