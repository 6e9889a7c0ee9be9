/** The gateway's table: created photos, which an index finds by their caller, and the counters of its limits. */
import { RemovalPolicy } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';
import { CALLER_INDEX, GATEWAY_EXPIRY, GATEWAY_KEY } from '../contract/gateway.ts';
import { acknowledge } from './permissions.ts';

export class GatewayTable extends dynamodb.Table {
  constructor(scope: Construct, id: string) {
    super(scope, id, {
      partitionKey: { name: GATEWAY_KEY, type: dynamodb.AttributeType.STRING },
      billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
      timeToLiveAttribute: GATEWAY_EXPIRY,
      // It has ids of photos, which are also in the bucket under `incoming/api/`.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.addGlobalSecondaryIndex({
      indexName: CALLER_INDEX.name,
      partitionKey: { name: CALLER_INDEX.partition, type: dynamodb.AttributeType.STRING },
      sortKey: { name: CALLER_INDEX.sort, type: dynamodb.AttributeType.NUMBER },
      projectionType: dynamodb.ProjectionType.KEYS_ONLY,
    });
    acknowledge(this, 'AwsSolutions-DDB3', 'counters of a day, and ids of photos that are in the bucket too');
  }
}
