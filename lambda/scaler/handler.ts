/** The scaler's function: environment in, ticks out. */
import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import { setTimeout as sleep } from 'node:timers/promises';
import { scalerEnvironmentSchema } from '../../contract/scaler.ts';
import { AutoScalingFleet, CloudWatchMetrics, DynamoMemory, DynamoWork, SqsCounts } from './aws.ts';
import { runTicks, scheduledAt, type Clock } from './run.ts';
import { tick } from './tick.ts';

const environment = scalerEnvironmentSchema.parse(process.env);
const documents = DynamoDBDocumentClient.from(new DynamoDBClient(), {
  marshallOptions: { removeUndefinedValues: true },
});
const ports = {
  counts: new SqsCounts(new SQSClient(), environment.QUEUE_URL),
  work: new DynamoWork(documents, environment.TABLE_NAME),
  fleet: new AutoScalingFleet(new AutoScalingClient(), environment.GROUP_NAME),
  memory: new DynamoMemory(documents, environment.TABLE_NAME),
  metrics: new CloudWatchMetrics(new CloudWatchClient(), environment.STAGE),
};
const clock: Clock = {
  now: () => Date.now() / 1000,
  sleepUntil: (at) => sleep(Math.max(0, at * 1000 - Date.now())),
};

export const handler = (
  event: { scheduledTime?: string },
  context: { awsRequestId: string; getRemainingTimeInMillis(): number },
): Promise<void> =>
  runTicks({
    scheduled: scheduledAt(event.scheduledTime),
    tickSeconds: environment.TICK_SECONDS,
    clock,
    remainingMs: () => context.getRemainingTimeInMillis(),
    tick: () =>
      tick(ports, environment.POLICY, {
        owner: context.awsRequestId,
        now: () => clock.now(),
        tickSeconds: environment.TICK_SECONDS,
      }),
    release: () => ports.memory.release(context.awsRequestId),
    log: (line) => console.log(JSON.stringify(line)),
  });
