/** Reads usage from its table, and the cost of instances from CloudWatch. */
import { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { METRIC_NAMESPACE, STAGE_DIMENSION } from '../../contract/names.ts';
import { USAGE_KEYS, usageRows, type UsageRow } from '../../contract/usage.ts';
import { awsCall } from '../shared/aws-errors.ts';
import type { Deployment } from '../shared/deployment.ts';
import { documentsOf } from '../shared/table.ts';
import { SPENDING_METRICS, type Segment, type SpendingSeries } from './spending.ts';

/** Days that are asked for at once. */
const AT_ONCE = 10;

/** @throws UserError, ApiError */
export async function readUsage(
  { config }: Pick<Deployment, 'config'>,
  TableName: string,
  days: readonly string[],
  signal: AbortSignal,
): Promise<UsageRow[]> {
  const documents = documentsOf(config);
  const itemsOf = async (day: string) => {
    const items: unknown[] = [];
    let ExclusiveStartKey: Record<string, unknown> | undefined;
    do {
      const query = new QueryCommand({
        ...{ TableName, ExclusiveStartKey },
        KeyConditionExpression: '#day = :day',
        ExpressionAttributeNames: { '#day': USAGE_KEYS.partition },
        ExpressionAttributeValues: { ':day': day },
      });
      const page = await awsCall(`table ${TableName}`, 'dynamodb:Query on the table of usage', signal, () =>
        documents.send(query, { abortSignal: signal }),
      );
      items.push(...(page.Items ?? []));
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey);
    return items;
  };
  const items: unknown[] = [];
  for (let from = 0; from < days.length; from += AT_ONCE)
    items.push(...(await Promise.all(days.slice(from, from + AT_ONCE).map(itemsOf))).flat());
  return usageRows(items);
}

type Name = keyof typeof SPENDING_METRICS;
const NAMES = Object.keys(SPENDING_METRICS) as Name[];

/** @throws UserError, ApiError */
export async function readSpending(
  { config, stage, local }: Pick<Deployment, 'config' | 'stage' | 'local'>,
  { from, until, period }: Segment,
  signal: AbortSignal,
): Promise<SpendingSeries> {
  // In the SDK's default protocol the local AWS writes times that the SDK does not read.
  const protocol = local ? (await import('@aws-sdk/core/protocols')).AwsSmithyRpcV2CborProtocol : undefined;
  const client = new CloudWatchClient({ ...config, ...(protocol && { protocol }) });
  const series = Object.fromEntries(NAMES.map((name) => [name, new Map()])) as Record<
    Name,
    Map<number, number>
  >;
  let NextToken: string | undefined;
  do {
    const get = new GetMetricDataCommand({
      StartTime: new Date(from * 1000),
      EndTime: new Date(until * 1000),
      NextToken,
      MetricDataQueries: NAMES.map((name) => ({
        Id: name,
        MetricStat: {
          Metric: {
            Namespace: METRIC_NAMESPACE,
            MetricName: SPENDING_METRICS[name],
            Dimensions: [{ Name: STAGE_DIMENSION, Value: stage }],
          },
          Period: period,
          Stat: 'Average',
        },
      })),
    });
    const answer = await awsCall('CloudWatch', 'cloudwatch:GetMetricData', signal, () =>
      client.send(get, { abortSignal: signal }),
    );
    for (const { Id, Timestamps = [], Values = [] } of answer.MetricDataResults ?? [])
      for (const [k, time] of Timestamps.entries())
        series[Id as Name]?.set(Math.round(time.getTime() / 1000), Values[k] ?? NaN);
    NextToken = answer.NextToken;
  } while (NextToken);
  return series;
}
