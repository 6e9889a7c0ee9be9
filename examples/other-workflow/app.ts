/** The whole fleet with another ComfyUI graph: photos come back twice as large. */
import { join } from 'node:path';
import { App, Stack, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import {
  BacklogScaler,
  DEFAULT_POLICY,
  GpuFleet,
  JobQueue,
  Monitoring,
  photoBucketName,
  PhotoStore,
  ScalerTable,
} from '../../lib/index.ts';

const app = new App();
const stack = new Stack(app, 'Upscaler');
const stageName = 'upscaler';
const bucketName = photoBucketName(stack, stageName);

const jobs = new JobQueue(stack, 'Jobs', { bucketName });
const photos = new PhotoStore(stack, 'Store', { bucketName, jobs });
const table = new ScalerTable(stack, 'Table');
const { autoScalingGroup } = new GpuFleet(stack, 'Fleet', {
  stageName,
  photos,
  jobs,
  table,
  workflow: join(import.meta.dirname, 'upscale-model.json'),
  // Of what comes in: inside the graph a picture is sixteen times as large.
  maxMegapixels: 6,
  // More memory than the other defaults have, which is what a model of this kind runs out of first.
  instanceTypes: ['g5.xlarge', 'g6.xlarge'],
  maxCapacity: 4,
});

const { queue, deadLetterQueue } = jobs;
const policy = { ...DEFAULT_POLICY, targetWaitSeconds: 60, serviceSeconds: 20 };
new BacklogScaler(stack, 'Scaler', { stageName, queue, autoScalingGroup, table, policy });
new Monitoring(stack, 'Monitoring', { stageName, queue, deadLetterQueue });

Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
app.synth();
