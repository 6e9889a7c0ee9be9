/** The stack: its constructs, in the order of a photo's way. */
import { CfnOutput, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { QUEUE_OUTPUTS, QUEUES, type QueueName } from '../contract/lanes.ts';
import { onDemandGroupName } from '../contract/pools.ts';
import { BacklogScaler } from './backlog-scaler.ts';
import { Gateway, GatewayApi } from './gateway.ts';
import { GpuFleet } from './gpu-fleet.ts';
import { JobQueue } from './job-queue.ts';
import { Monitoring } from './monitoring.ts';
import { OutcomeEvents } from './outcome-events.ts';
import { PhotoProbe } from './photo-probe.ts';
import { PhotoStore, photoBucketName } from './photo-store.ts';
import { refuseTokens } from './props.ts';
import { SavedQueries } from './saved-queries.ts';
import { ScalerTable } from './scaler-table.ts';
import { spendingOf } from './stage/spending.ts';
import type { Stage } from './stage/stage.ts';
import { StageKey } from './stage-key.ts';
import { UsageTable } from './usage-table.ts';
import { Webhooks } from './webhooks.ts';

export interface ColouringStackProps {
  /** Result of `resolveStage(name, { … })`, which takes the settings of a stage (docs/configure.md). */
  readonly stage: Stage;
}

export class ColouringStack extends Stack {
  constructor(scope: Construct, id: string, props: ColouringStackProps) {
    super(scope, id, { terminationProtection: props.stage.retainData });
    const { stage } = props;
    const { name: stageName } = stage;
    // `resolveStage` lets none through; a stage may be put together otherwise.
    refuseTokens(this, stage);
    const bucketName = photoBucketName(this, stageName);

    const jobs = new JobQueue(this, 'Jobs', { ...stage, bucketName });
    const { queue, deadLetterQueue } = jobs;
    const bulkJobs = new JobQueue(this, 'BulkJobs', { ...stage, bucketName, deadLetterQueue });
    const sidelinedJobs = new JobQueue(this, 'SidelinedJobs', { ...stage, bucketName, deadLetterQueue });
    const jobQueues: Record<QueueName, JobQueue> = {
      ...{ interactive: jobs, sidelined: sidelinedJobs, bulk: bulkJobs },
    };
    const httpApi = stage.access === 'none' ? undefined : new GatewayApi(this, 'Api', stage);
    const pageOrigin = httpApi?.publicUrl;
    const photos = new PhotoStore(this, 'Photos', {
      ...stage,
      bucketName,
      jobs,
      bulkJobs,
      sidelinedJobs,
      pageOrigin,
    });
    const table = new ScalerTable(this, 'ScalerTable');
    const fleet = new GpuFleet(this, 'Fleet', {
      ...stage,
      stageName,
      photos,
      jobs,
      bulkJobs,
      sidelinedJobs,
      table,
    });
    const { autoScalingGroup } = fleet;
    const { hourlyPrices } = spendingOf(stage);
    const scaler = new BacklogScaler(this, 'Scaler', {
      ...stage,
      stageName,
      queue,
      autoScalingGroup,
      table,
      hourlyPrices,
      bulkQueue: bulkJobs.queue,
      sidelinedQueue: sidelinedJobs.queue,
      ...(stage.minCapacity === 0 ? { photos } : {}),
    });
    const webhooks = stage.webhooks ? new Webhooks(this, 'Webhooks', { ...stage, stageName }) : undefined;
    const usageTable = stage.usage ? new UsageTable(this, 'Usage', stage) : undefined;
    const gateway =
      httpApi &&
      new Gateway(this, 'Gateway', {
        ...{ stage, httpApi, photos, scalerTable: table, webhookTable: webhooks?.table, usageTable },
      });
    if (gateway) webhooks?.readRecords(gateway.table);
    const events = stage.outcomeEvents
      ? new OutcomeEvents(this, 'OutcomeEvents', {
          ...{ ...stage, stageName, bucketName },
          ...{ webhooks, usageTable, gatewayTable: gateway?.table },
        })
      : undefined;
    events?.watch(photos);
    new SavedQueries(this, 'Queries', stageName, {
      instances: fleet.logGroup,
      scaler: scaler.logGroup,
      gateway: gateway?.handler.logGroup,
      usage: usageTable && events?.logGroup,
    });
    const { probePhoto: schedule } = stage;
    const probe =
      schedule === 'off'
        ? undefined
        : new PhotoProbe(this, 'Probe', { ...stage, stageName, photos, table, schedule });
    // A stack that is deleted sends no photo any more from then on: the bucket has to be empty in the end.
    for (const sender of probe?.senders ?? []) sender.node.addDependency(autoScalingGroup);
    const { policy } = stage;
    const p95WaitSeconds = policy.kind === 'threshold' ? undefined : policy.p95WaitSeconds;
    const monitoring = new Monitoring(this, 'Monitoring', {
      ...stage,
      ...(p95WaitSeconds === undefined ? {} : { p95WaitSeconds }),
      stageName,
      queue,
      sidelinedQueue: sidelinedJobs.queue,
      deadLetterQueue,
      outcomes: events,
      webhookDeadLetters: webhooks?.deadLetters,
      webhookSweep: webhooks?.sweep,
      gateway: httpApi &&
        gateway && { apiId: httpApi.apiId, functionName: gateway.handler.function.functionName },
    });

    const outputs = {
      BucketName: photos.bucket.bucketName,
      ...Object.fromEntries(
        QUEUES.map((name) => [QUEUE_OUTPUTS[name], jobQueues[name].queue.queueUrl] as const),
      ),
      DeadLetterQueueUrl: deadLetterQueue.queueUrl,
      GroupName: fleet.groupName,
      ...(fleet.onDemandGroup ? { OnDemandGroupName: onDemandGroupName(fleet.groupName) } : {}),
      ScalerFunctionName: scaler.handler.functionName,
      TableName: table.tableName,
      InstanceLogGroupName: fleet.logGroup.logGroupName,
      ScalerLogGroupName: scaler.logGroup.logGroupName,
      ...(gateway
        ? {
            GatewayLogGroupName: gateway.handler.logGroup.logGroupName,
            GatewayTableName: gateway.table.tableName,
          }
        : {}),
      ...(events
        ? {
            EventBusName: events.bus.eventBusName,
            OutcomeQueueUrl: events.queue.queueUrl,
            OutcomeDeadLetterQueueUrl: events.deadLetterQueue.queueUrl,
            OutcomeEventsLogGroupName: events.logGroup.logGroupName,
          }
        : {}),
      ...(webhooks
        ? {
            WebhookTableName: webhooks.table.tableName,
            WebhookDeliveryTableName: webhooks.deliveries.tableName,
            WebhookQueueUrl: webhooks.wakes.queueUrl,
            WebhookDeadLetterQueueUrl: webhooks.deadLetters.queueUrl,
            WebhookLogGroupName: webhooks.logGroup.logGroupName,
          }
        : {}),
      ...(usageTable ? { UsageTableName: usageTable.tableName } : {}),
      ...(probe ? { ProbeLogGroupName: probe.logGroup.logGroupName } : {}),
      DashboardName: monitoring.dashboardName,
      AlarmTopicArn: monitoring.topic.topicArn,
      ...(httpApi ? { ApiUrl: `${pageOrigin}/`, ApiId: httpApi.apiId } : {}),
      ...(httpApi?.domainTarget === undefined ? {} : { DomainTarget: httpApi.domainTarget }),
      ...(gateway?.signIn ? { UserPoolId: gateway.signIn.userPool.userPoolId } : {}),
    };
    if (stage.encryption === 'kms') new StageKey(this, 'Encryption', { ...stage, stageName }).encrypt(this);
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value });
  }
}
