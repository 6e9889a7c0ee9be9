/** The gateway's table: photos that were announced, and the counters of its limits. */
import { RemovalPolicy } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';
import { GATEWAY_EXPIRY, GATEWAY_KEY } from '../contract/gateway.ts';
import { acknowledge } from './permissions.ts';

export class GatewayTable extends dynamodb.Table {
  constructor(scope: Construct, id: string) {
    super(scope, id, {
      partitionKey: { name: GATEWAY_KEY, type: dynamodb.AttributeType.STRING },
      billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
      timeToLiveAttribute: GATEWAY_EXPIRY,
      // Ids of photos that go with their bucket; where that stays, its owner finds them under `incoming/api/`.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    acknowledge(
      this,
      'AwsSolutions-DDB3',
      'counters of today, and ids of photos that the bucket holds by themselves',
    );
  }
}
