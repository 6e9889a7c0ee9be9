/** The whole fleet with another ComfyUI graph, which makes photos twice as large. */
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
  // Of the photo: inside the graph it has sixteen times as many pixels.
  maxMegapixels: 6,
  // Their GPUs have 24 GB of memory, which is the first limit of such a model.
  instanceTypes: ['g5.xlarge', 'g6.xlarge'],
  maxCapacity: 4,
});

const { queue, deadLetterQueue } = jobs;
const policy = { ...DEFAULT_POLICY, targetWaitSeconds: 60, serviceSeconds: 20 };
new BacklogScaler(stack, 'Scaler', { stageName, queue, photos, autoScalingGroup, table, policy });
new Monitoring(stack, 'Monitoring', { stageName, queue, deadLetterQueue });

Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
app.synth();
