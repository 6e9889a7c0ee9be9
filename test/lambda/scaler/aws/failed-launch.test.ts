/** Why launches fail, in AWS's own sentences. */
import { expect, it } from 'vitest';
import { failedLaunch } from '../../../../lambda/scaler/aws/failed-launch.ts';

it.each([
  [
    'We currently do not have sufficient g5.2xlarge capacity in the Availability Zone you requested (eu-central-1a). Our system will be working on provisioning additional capacity. Launching EC2 instance failed.',
    undefined,
    { code: 'InsufficientInstanceCapacity', instanceType: 'g5.2xlarge', availabilityZone: 'eu-central-1a' },
  ],
  [
    'Could not launch Spot Instances. UnfulfillableCapacity - Unable to fulfill capacity due to your request configuration. Launching EC2 instance failed.',
    '{"Subnet ID":"subnet-1","Availability Zone":"us-east-1d"}',
    { code: 'UnfulfillableCapacity', availabilityZone: 'us-east-1d' },
  ],
  [
    'Could not launch Spot Instances. MaxSpotInstanceCountExceeded - Max spot instance count exceeded. Launching EC2 instance failed.',
    'no JSON',
    { code: 'MaxSpotInstanceCountExceeded' },
  ],
  [
    'You have requested more vCPU capacity than your current vCPU limit of 0 allows for the instance bucket that the specified instance type belongs to.',
    undefined,
    { code: 'VcpuLimitExceeded' },
  ],
  [
    'The cumulative volume initialization rate of 5000 MiB/s of your account in this Region is exceeded. Launching EC2 instance failed.',
    undefined,
    { code: 'VolumeInitializationRateExceeded' },
  ],
  ['Something new.', undefined, { code: 'Other' }],
])('%s', (message, details, expected) => {
  const activity = { StatusMessage: message, ...(details ? { Details: details } : {}) };
  expect(failedLaunch(activity)).toEqual({ ...expected, message });
});

it('a launch without any message is one of another reason', () => {
  expect(failedLaunch({})).toEqual({ code: 'Other', message: '' });
});
