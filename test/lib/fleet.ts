/** A fleet in a stack of another app. */
import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { GpuFleet, JobQueue, PhotoStore, ScalerTable, type GpuFleetProps } from '../../lib/index.ts';
import { newApp, type StackTemplate } from './template.ts';

export const newStack = () => new Stack(newApp(), 'Fleet');

export function fleetIn(stack: Stack, props: Partial<GpuFleetProps> = {}): GpuFleet {
  const jobs = new JobQueue(stack, 'Jobs', { bucketName: 'photos' });
  const photos = new PhotoStore(stack, 'Store', { bucketName: 'photos', jobs });
  const table = new ScalerTable(stack, 'Table');
  return new GpuFleet(stack, 'Fleet', { stageName: 'other', photos, jobs, table, ...props });
}

export function fleet(props: (stack: Stack) => Partial<GpuFleetProps>): StackTemplate {
  const stack = newStack();
  fleetIn(stack, props(stack));
  return Template.fromStack(stack).toJSON() as StackTemplate;
}
