/** CDK app with the gateway of two stages, without a fleet: open access; and tokens of the issuer `ISSUER`, with events of outcomes and webhooks. */
import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { Gateway, GatewayApi } from '../../../../lib/gateway.ts';
import { OutcomeEvents } from '../../../../lib/outcome-events.ts';
import { JobQueue } from '../../../../lib/job-queue.ts';
import { PhotoStore, photoBucketName } from '../../../../lib/photo-store.ts';
import { ScalerTable } from '../../../../lib/scaler-table.ts';
import { resolveStage, type StageConfig } from '../../../../lib/stage/stage.ts';
import { UsageTable } from '../../../../lib/usage-table.ts';
import { Webhooks } from '../../../../lib/webhooks.ts';

const app = new App();

/** @param issuer on this machine, which no stage may name: it has no https */
function gatewayOf(name: string, config: StageConfig, issuer?: string): void {
  const stack = new Stack(app, `Gateway-${name}`);
  const resolved = resolveStage(name, config);
  const stage = issuer === undefined ? resolved : { ...resolved, jwtIssuer: issuer };
  const bucketName = photoBucketName(stack, name);
  const jobs = new JobQueue(stack, 'Jobs', { bucketName, visibilityTimeoutSeconds: 30 });
  const bulkJobs = new JobQueue(stack, 'BulkJobs', {
    bucketName,
    visibilityTimeoutSeconds: 30,
    deadLetterQueue: jobs.deadLetterQueue,
  });
  // Tests of the open one read its photos' keys.
  const sidelinedJobs =
    issuer === undefined
      ? undefined
      : new JobQueue(stack, 'SidelinedJobs', {
          bucketName,
          visibilityTimeoutSeconds: 30,
          deadLetterQueue: jobs.deadLetterQueue,
        });
  const httpApi = new GatewayApi(stack, 'Api', stage);
  const photos = new PhotoStore(stack, 'Photos', {
    ...stage,
    bucketName,
    jobs,
    bulkJobs,
    ...(sidelinedJobs && { sidelinedJobs }),
    pageOrigin: httpApi.publicUrl,
  });
  const scalerTable = new ScalerTable(stack, 'ScalerTable');
  const webhooks = stage.webhooks
    ? new Webhooks(stack, 'Webhooks', { ...stage, stageName: name })
    : undefined;
  const webhookTable = webhooks?.table;
  const usageTable = stage.usage ? new UsageTable(stack, 'Usage', stage) : undefined;
  const gateway = new Gateway(stack, 'Gateway', {
    ...{ stage, httpApi, photos, scalerTable, webhookTable, usageTable },
  });
  webhooks?.readRecords(gateway.table);
  const events = stage.outcomeEvents
    ? new OutcomeEvents(stack, 'OutcomeEvents', {
        stageName: name,
        bucketName,
        ...{ webhooks, usageTable, gatewayTable: gateway.table },
      })
    : undefined;
  events?.watch(photos);
  const outputs = {
    ApiId: httpApi.apiId,
    BucketName: photos.bucket.bucketName,
    TableName: gateway.table.tableName,
    ScalerTableName: scalerTable.tableName,
    ...(usageTable && { UsageTableName: usageTable.tableName }),
    ...(webhooks && {
      WebhookDeadLetterQueueUrl: webhooks.deadLetters.queueUrl,
      WakeQueueUrl: webhooks.wakes.queueUrl,
      WebhookTableName: webhooks.table.tableName,
      DeliveryTableName: webhooks.deliveries.tableName,
    }),
    QueueUrl: jobs.queue.queueUrl,
    ...(sidelinedJobs && { SidelinedQueueUrl: sidelinedJobs.queue.queueUrl }),
    DeadLetterQueueUrl: jobs.deadLetterQueue.queueUrl,
    ...(events && {
      EventBusName: events.bus.eventBusName,
      OutcomeQueueUrl: events.queue.queueUrl,
      SentTableName: events.sent.tableName,
      SweepFunctionName: events.sweep.functionName,
    }),
  };
  for (const [id, value] of Object.entries(outputs)) new CfnOutput(stack, id, { value });
}

gatewayOf('open', { access: 'open' });
const JWT: StageConfig = { access: 'jwt', jwtIssuer: 'https://issuer.example', jwtAudience: ['page'] };
gatewayOf(
  'jwt',
  {
    ...JWT,
    otherWorkflows: ['upscale', 'ddcolor+upscale'],
    outcomeEvents: true,
    webhooks: true,
    webhookMaxPauseSeconds: 2,
    usage: true,
    // Two tests of a thousand each, and others.
    photosPerDay: 10_000,
  },
  process.env.ISSUER,
);
