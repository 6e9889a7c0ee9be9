/** The fleet in the private subnets of an existing network. */
import { App, Stack, Validations } from 'aws-cdk-lib';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { AwsSolutionsChecks } from 'cdk-nag';
import {
  BacklogScaler,
  GpuFleet,
  JobQueue,
  Monitoring,
  photoBucketName,
  PhotoStore,
  ScalerTable,
} from '../../lib/index.ts';

const app = new App();
const stack = new Stack(app, 'PrivatePhotos');
const stageName = 'private';
const bucketName = photoBucketName(stack, stageName);

// By ids, since a lookup needs an account at synth.
const vpc = Vpc.fromVpcAttributes(stack, 'Vpc', {
  vpcId: 'vpc-0123456789abcdef0',
  availabilityZones: ['eu-central-1a', 'eu-central-1b'],
  publicSubnetIds: ['subnet-0aaaaaaaaaaaaaaa1', 'subnet-0aaaaaaaaaaaaaaa2'],
  publicSubnetRouteTableIds: ['rtb-0aaaaaaaaaaaaaaa1', 'rtb-0aaaaaaaaaaaaaaa1'],
  privateSubnetIds: ['subnet-0bbbbbbbbbbbbbbb1', 'subnet-0bbbbbbbbbbbbbbb2'],
  privateSubnetRouteTableIds: ['rtb-0bbbbbbbbbbbbbbb1', 'rtb-0bbbbbbbbbbbbbbb2'],
});

const jobs = new JobQueue(stack, 'Jobs', { bucketName });
const photos = new PhotoStore(stack, 'Store', { bucketName, jobs });
const table = new ScalerTable(stack, 'Table');
const { autoScalingGroup } = new GpuFleet(stack, 'Fleet', { stageName, photos, jobs, table, vpc });

const { queue, deadLetterQueue } = jobs;
new BacklogScaler(stack, 'Scaler', { stageName, queue, photos, autoScalingGroup, table });
new Monitoring(stack, 'Monitoring', { stageName, queue, deadLetterQueue });

Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
app.synth();
