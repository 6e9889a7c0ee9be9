/**
 * The scaler's ports on AWS, with a deadline for each call: one that hangs must cost a tick, not a minute of ticks.
 *
 * Gotcha: the SDK's own time-outs are for one attempt. The deadline here is for a call with all its retries and with the
 * pauses that adaptive retries make while AWS throttles.
 */
import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient, type SQSClientConfig } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { ScalerEnvironment } from '../../../contract/scaler.ts';
import type { Fleet, TickPorts, Views } from '../ports.ts';
import { AutoScalingFleet } from './fleet.ts';
import { PooledFleet } from './pooled-fleet.ts';
import { CloudWatchMetrics } from './metrics.ts';
import { GroupWarmPool } from './warm-pool.ts';
import { SqsCounts } from './queue.ts';
import { DynamoWork } from './reports.ts';
import { DynamoMemory } from './table.ts';

interface Limits {
  /** Seconds for a call with its retries. */
  callSeconds: number;
  /** Seconds for one attempt; half of it to connect. */
  attemptSeconds: number;
}

/** A tick makes at most three calls in a row before it acts, all within its allowance, and some more to wake a fleet at zero. */
const LIMITS: Limits = { callSeconds: 3, attemptSeconds: 2 };

/** What every client of the SDK has. */
interface Client {
  middlewareStack: Pick<SQSClient['middlewareStack'], 'add'>;
}

function withDeadline<T>(client: T & Client, seconds: number): T {
  client.middlewareStack.add(
    (next, context) => async (args) => {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, reject) => {
        const call = `${context.clientName} ${context.commandName}`;
        timer = setTimeout(() => reject(new Error(`${call}: no answer within ${seconds} s`)), seconds * 1000);
      });
      try {
        return await Promise.race([next(args), late]);
      } finally {
        clearTimeout(timer);
      }
    },
    { step: 'initialize', priority: 'high', name: 'deadline' },
  );
  return client;
}

/** @param config of the clients, such as another endpoint */
export function portsOn(
  environment: Pick<
    ScalerEnvironment,
    'QUEUE_URL' | 'GROUP_NAME' | 'TABLE_NAME' | 'WORK_KEY_PREFIX' | 'STAGE'
  > &
    Partial<
      Pick<ScalerEnvironment, 'POOLS' | 'WARM_POOL' | 'SIDELINED_QUEUE_URL' | 'BULK_QUEUE_URL' | 'WORKFLOWS'>
    >,
  config: Pick<SQSClientConfig, 'endpoint' | 'region' | 'credentials'> = {},
  { callSeconds, attemptSeconds }: Limits = LIMITS,
): TickPorts & { views: Views } {
  // Adaptive: while AWS throttles, calls are spaced out. Retries draw on the SDK's quota and end when it is spent.
  const withRetries = {
    ...config,
    retryMode: 'adaptive',
    maxAttempts: 3,
    requestHandler: {
      connectionTimeout: 500 * attemptSeconds,
      requestTimeout: 1000 * attemptSeconds,
      throwOnRequestTimeout: true,
    },
  };
  const bounded = <T extends Client>(client: T): T => withDeadline(client, callSeconds);
  const dynamo = bounded(new DynamoDBClient(withRetries));
  const documents = DynamoDBDocumentClient.from(dynamo, {
    marshallOptions: { removeUndefinedValues: true },
  });
  // Of a group of another kind it is empty.
  const hasWorkers = environment.WORK_KEY_PREFIX !== '';
  const memory = new DynamoMemory(documents, environment.TABLE_NAME);
  return {
    counts: new SqsCounts(
      bounded(new SQSClient(withRetries)),
      {
        interactive: environment.QUEUE_URL,
        sidelined: environment.SIDELINED_QUEUE_URL,
        bulk: environment.BULK_QUEUE_URL,
      },
      hasWorkers,
    ),
    work: new DynamoWork(dynamo, environment.TABLE_NAME, environment.WORK_KEY_PREFIX, environment.WORKFLOWS),
    fleet: fleetOn(bounded(new AutoScalingClient(withRetries)), environment),
    memory,
    views: memory,
    metrics: new CloudWatchMetrics(bounded(new CloudWatchClient(withRetries)), environment.STAGE),
  };
}

const fleetOn = (
  autoScaling: AutoScalingClient,
  {
    GROUP_NAME,
    POOLS,
    WARM_POOL,
  }: Pick<ScalerEnvironment, 'GROUP_NAME'> & Partial<Pick<ScalerEnvironment, 'POOLS' | 'WARM_POOL'>>,
): Fleet =>
  POOLS
    ? new PooledFleet(autoScaling, GROUP_NAME, POOLS)
    : new AutoScalingFleet(
        autoScaling,
        GROUP_NAME,
        WARM_POOL && new GroupWarmPool(autoScaling, WARM_POOL.groupName),
      );
