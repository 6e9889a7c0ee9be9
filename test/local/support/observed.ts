/** What a run of the local stack has left in its services. */
import { CloudWatchClient, GetMetricStatisticsCommand } from '@aws-sdk/client-cloudwatch';
import { AwsSmithyRpcV2CborProtocol } from '@aws-sdk/core/protocols';
import { AutoScalingClient, DescribeScalingActivitiesCommand } from '@aws-sdk/client-auto-scaling';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { clientConfig } from '../../../common/environment.ts';
import {
  MEMORY_KEY,
  METRIC_NAMESPACE,
  METRICS,
  OUTCOME_DIMENSION,
  STAGE_DIMENSION,
} from '../../../contract/names.ts';
import { PHOTO_OUTCOMES } from '../../../contract/panels.ts';
import type { LocalStack } from '../../../local/run/stack.ts';

export interface Observed {
  redrive: string | undefined;
  memory: boolean;
  photosSucceeded: number;
  desiredMaximum: number;
  activities: number;
  cause: string;
  sourceEtags: boolean;
}

export async function observe(stack: LocalStack): Promise<Observed> {
  const config = clientConfig(stack.endpoint);
  const cloudWatch = new CloudWatchClient({ ...config, protocol: AwsSmithyRpcV2CborProtocol });
  const points = async (MetricName: string, Statistic: 'Maximum' | 'Sum', outcome?: string) => {
    const { Datapoints = [] } = await cloudWatch.send(
      new GetMetricStatisticsCommand({
        Namespace: METRIC_NAMESPACE,
        MetricName,
        Dimensions: [
          { Name: STAGE_DIMENSION, Value: 'local' },
          ...(outcome ? [{ Name: OUTCOME_DIMENSION, Value: outcome }] : []),
        ],
        StartTime: new Date(Date.now() - 3_600_000),
        EndTime: new Date(Date.now() + 60_000),
        Period: 60,
        Statistics: [Statistic],
      }),
    );
    return Datapoints.map((point) => point[Statistic] ?? 0);
  };
  const { Attributes } = await stack.sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: stack.outputs.QueueUrl, AttributeNames: ['RedrivePolicy'] }),
  );
  const memory = await stack.dynamo.send(
    new GetItemCommand({ TableName: stack.outputs.TableName, Key: { id: { S: MEMORY_KEY } } }),
  );
  const autoScaling = new AutoScalingClient({ ...config, endpoint: stack.agent.url });
  const asked = stack.groupNames.map((AutoScalingGroupName) =>
    autoScaling.send(new DescribeScalingActivitiesCommand({ AutoScalingGroupName })),
  );
  const activities = (await Promise.all(asked)).flatMap(({ Activities = [] }) => Activities);
  const head = await stack.s3.send(
    new HeadObjectCommand({ Bucket: stack.outputs.BucketName, Key: 'results/landscape.jpg' }),
  );
  return {
    redrive: Attributes?.RedrivePolicy,
    memory: memory.Item !== undefined,
    desiredMaximum: Math.max(...(await points(METRICS.desired, 'Maximum'))),
    photosSucceeded: (await points(METRICS.photos, 'Sum', PHOTO_OUTCOMES[0])).reduce((sum, n) => sum + n, 0),
    activities: activities.length,
    cause: activities.map((activity) => activity.Cause).join('\n'),
    sourceEtags: head.Metadata?.['source-etag'] !== undefined,
  };
}
