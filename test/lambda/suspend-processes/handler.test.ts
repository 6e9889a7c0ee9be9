/** The custom resource always responds to CloudFormation, with what happened. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { cloudFormationUrl, type CloudFormationUrl } from '../../support/cloud-formation-url.ts';
import { respond, type Processes } from '../../../lambda/suspend-processes/handler.ts';

let cloudFormation: CloudFormationUrl;

beforeEach(async () => (cloudFormation = await cloudFormationUrl()));
afterEach(() => cloudFormation.close());

const event = (RequestType: string) => ({
  RequestType,
  ResponseURL: cloudFormation.url,
  StackId: 'stack',
  RequestId: 'request',
  LogicalResourceId: 'Suspend',
  ResourceProperties: { ServiceToken: 'arn', GroupName: 'photos', Processes: ['AZRebalance'] },
});

/** The group `photos`, whose `Launch` is suspended already; it fails with an error, where one is given. */
function fakeGroup(error?: Error) {
  const suspended = new Set(['Launch']);
  const on = (change: (process: string) => unknown) => (groupName: string, processes: string[]) => {
    if (error) return Promise.reject(error);
    if (groupName !== 'photos') return Promise.reject(new Error(`there is no group '${groupName}'`));
    processes.forEach(change);
    return Promise.resolve();
  };
  const group: Processes = {
    suspend: on((process) => suspended.add(process)),
    resume: on((process) => suspended.delete(process)),
  };
  return { group, suspended };
}

it.each([
  ['Create', ['Launch', 'AZRebalance']],
  ['Update', ['Launch', 'AZRebalance']],
  ['Delete', ['Launch']],
])('%s leaves the processes %j suspended and responds', async (type, left) => {
  const { group, suspended } = fakeGroup();
  if (type === 'Delete') suspended.add('AZRebalance');
  await respond(event(type), group);
  expect([...suspended]).toEqual(left);
  expect(cloudFormation.responses).toEqual([
    {
      method: 'PUT',
      type: '',
      body: {
        Status: 'SUCCESS',
        Reason: '',
        PhysicalResourceId: 'photos-suspended-processes',
        StackId: 'stack',
        RequestId: 'request',
        LogicalResourceId: 'Suspend',
      },
    },
  ]);
});

it.each([
  ['Create', 'FAILED'],
  ['Update', 'FAILED'],
  // The group may be deleted already, and that must not block the deletion of the stack.
  ['Delete', 'SUCCESS'],
])('%s that fails responds %s with the reason', async (type, expected) => {
  const { group } = fakeGroup(new Error('AutoScalingGroup name not found'));
  await respond(event(type), group);
  expect(cloudFormation.responses[0]?.body).toMatchObject({
    Status: expected,
    Reason: 'AutoScalingGroup name not found',
  });
});

it('keeps its physical id, so that an update replaces nothing', async () => {
  const { group } = fakeGroup();
  await respond(event('Create'), group);
  await respond(event('Update'), group);
  expect(new Set(cloudFormation.responses.map(({ body }) => body.PhysicalResourceId)).size).toBe(1);
});

it('fails when CloudFormation rejects the response', async () => {
  cloudFormation.status = 403;
  await expect(respond(event('Create'), fakeGroup().group)).rejects.toThrow(
    'rejected the response: HTTP 403',
  );
});

it('rejects an event that CloudFormation does not send', async () => {
  await expect(respond({ ...event('Create'), ResourceProperties: {} }, fakeGroup().group)).rejects.toThrow();
  await expect(respond(event('Replace'), fakeGroup().group)).rejects.toThrow('RequestType');
  expect(cloudFormation.responses).toEqual([]);
});
