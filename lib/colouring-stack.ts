/** The stack: constructs in the order a photo meets them. */
import { CfnOutput, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Stage } from './config.ts';
import { Dashboard } from './dashboard.ts';
import { apiUrl, Gateway, GatewayApi } from './gateway.ts';
import { GpuFleet } from './gpu-fleet.ts';
import { JobQueue } from './job-queue.ts';
import { PhotoStore, photoBucketName } from './photo-store.ts';
import { Scaler } from './scaler.ts';
import { ScalerTable } from './scaler-table.ts';
import { SuspendProcesses } from './suspend-processes.ts';
import { WorkerSettingsParameter } from './worker-settings.ts';

export interface ColouringStackProps {
  readonly stage: Stage;
}

export class ColouringStack extends Stack {
  constructor(scope: Construct, id: string, props: ColouringStackProps) {
    super(scope, id, { terminationProtection: props.stage.retainData });
    const { stage } = props;

    const jobs = new JobQueue(this, 'Jobs', {
      bucketName: photoBucketName(this, stage),
      visibilityTimeoutSeconds: stage.visibilityTimeoutSeconds,
      maxReceiveCount: stage.maxReceiveCount,
    });
    const httpApi = stage.access === 'none' ? undefined : new GatewayApi(this, 'Api', stage);
    const pageOrigin = httpApi && apiUrl(httpApi);
    const photos = new PhotoStore(this, 'Photos', { stage, jobs, pageOrigin });
    const table = new ScalerTable(this, 'ScalerTable');
    const fleet = new GpuFleet(this, 'Fleet', { stage, bucket: photos.bucket, queue: jobs.queue, table });
    const { groupName } = fleet;
    const { tableName } = table;
    new WorkerSettingsParameter(this, 'WorkerSettings', { stage, photos, jobs, groupName, tableName });
    new SuspendProcesses(this, 'SuspendRebalancing', { group: fleet.group, processes: ['AZRebalance'] });
    const scaler = new Scaler(this, 'Scaler', { stage, queue: jobs.queue, groupName, table });
    if (httpApi) new Gateway(this, 'Gateway', { stage, httpApi, photos, scalerTable: table });
    const dashboard = new Dashboard(this, 'Dashboard', { stage, jobs });

    const outputs = {
      BucketName: photos.bucket.bucketName,
      QueueUrl: jobs.queue.queueUrl,
      DeadLetterQueueUrl: jobs.deadLetterQueue.queueUrl,
      GroupName: groupName,
      ScalerFunctionName: scaler.handler.functionName,
      TableName: tableName,
      DashboardName: dashboard.name,
      ...(httpApi ? { ApiUrl: `${pageOrigin}/`, ApiId: httpApi.apiId } : {}),
    };
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value });
  }
}
