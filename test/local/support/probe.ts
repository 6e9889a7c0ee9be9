/** The probe of a deployed stage, whose steps are invoked here instead of by their schedules. */
import { CloudWatchClient, GetMetricStatisticsCommand } from '@aws-sdk/client-cloudwatch';
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { AwsSmithyRpcV2CborProtocol } from '@aws-sdk/core/protocols';
import { clientConfig } from '../../../common/environment.ts';
import { FAILED, INCOMING, PROBE_PHOTOS, RESULTS } from '../../../contract/keys.ts';
import { METRIC_NAMESPACE, METRICS, STAGE_DIMENSION } from '../../../contract/names.ts';
import type { ProbeStep } from '../../../contract/probe.ts';
import type { LocalStack } from '../../../local/run/stack.ts';
import { signedFetch } from '../../support/signed-fetch.ts';

const FUNCTIONS = '/2015-03-31/functions';

export class Probe {
  constructor(private readonly stack: Pick<LocalStack, 'endpoint' | 'outputs' | 's3'>) {}

  /** @throws Error when the function fails */
  async step(step: ProbeStep): Promise<void> {
    const path = `${FUNCTIONS}/${await this.name()}/invocations`;
    const body = JSON.stringify({ step, scheduledTime: '2026-11-28T05:05:00Z' });
    const response = await signedFetch(this.stack.endpoint, {
      ...{ service: 'lambda', path, method: 'POST', body },
      headers: { 'content-type': 'application/json' },
    });
    const answer = await response.text();
    if (!response.ok || response.headers.has('x-amz-function-error')) throw new Error(`${step}: ${answer}`);
  }

  /** Of its photo and outcomes, in order. */
  async keys(): Promise<string[]> {
    const found = await Promise.all(
      [INCOMING, RESULTS, FAILED].map((folder) =>
        this.stack.s3.send(
          new ListObjectsV2Command({
            Bucket: this.stack.outputs.BucketName,
            Prefix: PROBE_PHOTOS.replace(INCOMING, folder),
          }),
        ),
      ),
    );
    return found.flatMap(({ Contents = [] }) => Contents.map(({ Key = '' }) => Key));
  }

  /** What it has published. */
  async failures(): Promise<number[]> {
    const config = clientConfig(this.stack.endpoint);
    const cloudWatch = new CloudWatchClient({ ...config, protocol: AwsSmithyRpcV2CborProtocol });
    const { Datapoints = [] } = await cloudWatch.send(
      new GetMetricStatisticsCommand({
        Namespace: METRIC_NAMESPACE,
        MetricName: METRICS.probeFailures,
        Dimensions: [{ Name: STAGE_DIMENSION, Value: 'local' }],
        StartTime: new Date(Date.now() - 3_600_000),
        EndTime: new Date(Date.now() + 60_000),
        Period: 60,
        Statistics: ['Maximum'],
      }),
    );
    return Datapoints.map(({ Maximum }) => Maximum ?? NaN);
  }

  private async name(): Promise<string> {
    const request = { service: 'lambda', path: FUNCTIONS, method: 'GET' } as const;
    const { Functions } = (await (await signedFetch(this.stack.endpoint, request)).json()) as {
      Functions: { FunctionName: string }[];
    };
    const found = Functions.find(({ FunctionName }) => FunctionName.includes('Probe'));
    if (!found) throw new Error(`no function of the probe among ${JSON.stringify(Functions)}`);
    return found.FunctionName;
  }
}
