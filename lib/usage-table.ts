/** The table of usage: photos announced and outcomes, by day and caller. It costs nothing without photos. */
import { RemovalPolicy } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';
import { COUNTED_KEY, USAGE_EXPIRY, USAGE_KEYS } from '../contract/usage.ts';
import { onlyItems } from './arns.ts';
import type { Permission } from './permissions.ts';

export interface UsageTableProps {
  /** Whether the table stays when the stack is deleted. */
  readonly retainData: boolean;
}

export class UsageTable extends dynamodb.Table {
  constructor(scope: Construct, id: string, { retainData }: UsageTableProps) {
    super(scope, id, {
      partitionKey: { name: USAGE_KEYS.partition, type: dynamodb.AttributeType.STRING },
      sortKey: { name: USAGE_KEYS.sort, type: dynamodb.AttributeType.STRING },
      billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
      timeToLiveAttribute: USAGE_EXPIRY,
      // Nothing else knows what was used on a day that is over.
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      removalPolicy: retainData ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY,
    });
  }
}

/** Items of days, and of no event: `2026-11-29`. */
const ANY_DAY = '????-??-??';

/** Adding to the numbers of a caller on a day. */
export const addUsage = (table: dynamodb.ITable): Permission => ({
  actions: ['dynamodb:UpdateItem'],
  resources: [table.tableArn],
  conditions: onlyItems(ANY_DAY),
});

/** Marking an event as counted. */
export const markCounted = (table: dynamodb.ITable): Permission => ({
  actions: ['dynamodb:PutItem'],
  resources: [table.tableArn],
  conditions: onlyItems(`${COUNTED_KEY}*`),
});
