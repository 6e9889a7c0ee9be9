/** Why launches fail, in AWS's own sentences. */
import { expect, it } from 'vitest';
import { failedLaunch, launchOf } from '../../../../lambda/scaler/aws/failed-launch.ts';

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

const LIFECYCLE =
  "Instance failed to complete user's Lifecycle Action: Lifecycle Action with token 0fc62a4b-153b-4dba-9bf4-9f233e72a697 was abandoned:";
const DIED =
  'Instance became unhealthy while waiting for instance to be in InService state. Termination Reason:';

it.each([
  ['InProgress', 'i-0a1', '', 'under-way'],
  ['MidLifecycleAction', 'i-0a1', '', 'under-way'],
  ['WaitingForInstanceWarmup', 'i-0a1', '', 'in-service'],
  ['Successful', 'i-0a1', '', 'in-service'],
  ['Failed', undefined, 'no capacity', 'refused'],
  ['Cancelled', 'i-0a1', `${LIFECYCLE} Heartbeat Timeout`, 'boot-failed'],
  ['Cancelled', 'i-0a1', `${LIFECYCLE} Lifecycle Action Completed with ABANDON Result`, 'boot-failed'],
  ['Cancelled', 'i-0a1', `${DIED} Client.InternalError: Client error on launch`, 'boot-failed'],
  [
    'Cancelled',
    'i-0a1',
    `${DIED} Client.InstanceInitiatedShutdown: Instance initiated shutdown`,
    'boot-failed',
  ],
  ['Cancelled', 'i-0a1', `${DIED} Server.SpotInstanceTermination: Spot instance termination`, 'cancelled'],
  ['Cancelled', 'i-0a1', `${DIED} Client.UserInitiatedShutdown: User initiated shutdown`, 'cancelled'],
  ['Cancelled', 'i-0a1', '', 'cancelled'],
])('a launch with the status %s of %s and "%s" is %4$s', (StatusCode, instance, StatusMessage, outcome) => {
  const activity = {
    ActivityId: 'a',
    Description: `Launching a new EC2 instance${instance ? `: ${instance}` : '.  Status Reason: no'}`,
    StartTime: new Date(5000),
    EndTime: new Date(7500),
    ...{ StatusCode, StatusMessage, Cause: '', AutoScalingGroupName: 'photos' },
  } as const;
  expect(launchOf(activity as Parameters<typeof launchOf>[0])).toMatchObject({
    ...{ id: 'a', startedAt: 5, endedAt: 7.5, outcome, ...(instance ? { instance } : {}) },
  });
});

it.each([
  'Terminating EC2 instance: i-0a1',
  'Launching a new EC2 instance into warm pool: i-0a1',
  'Launching a new EC2 instance into warm pool.  Status Reason: no capacity',
  'Moving EC2 instance to warm pool: i-0a1',
])('an activity "%s" is no launch of the fleet', (Description) => {
  const activity = { ActivityId: 'a', Description, StartTime: new Date(0) };
  expect(launchOf(activity as Parameters<typeof launchOf>[0])).toBeUndefined();
});

it('a stopped instance that resumes is a launch', () => {
  const Description = 'Launching a new EC2 instance from warm pool: i-0a1';
  const activity = { ActivityId: 'a', Description, StartTime: new Date(5000), StatusCode: 'InProgress' };
  expect(launchOf(activity as Parameters<typeof launchOf>[0])).toMatchObject({
    instance: 'i-0a1',
    outcome: 'under-way',
  });
});
