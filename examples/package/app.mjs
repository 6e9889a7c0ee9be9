import { App, Stack } from 'aws-cdk-lib';
import {
  BacklogScaler,
  GpuFleet,
  JobQueue,
  Monitoring,
  photoBucketName,
  PhotoStore,
  ScalerTable,
} from 'ddcolor-elastic';

const app = new App();
const stack = new Stack(app, 'Photos');
const stageName = 'photos';
const bucketName = photoBucketName(stack, stageName);

const jobs = new JobQueue(stack, 'Jobs', { bucketName });
const photos = new PhotoStore(stack, 'Store', { bucketName, jobs });
const table = new ScalerTable(stack, 'Table');
const { autoScalingGroup } = new GpuFleet(stack, 'Fleet', { stageName, photos, jobs, table, maxCapacity: 4 });
const { queue, deadLetterQueue } = jobs;
new BacklogScaler(stack, 'Scaler', { stageName, queue, photos, autoScalingGroup, table });
new Monitoring(stack, 'Monitoring', { stageName, queue, deadLetterQueue });

app.synth();
