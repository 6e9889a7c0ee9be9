/** The custom resource of the origin's secret: made once for each resource, hidden, and never asked for again. */
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { respond } from '../../../lambda/origin-secret/handler.ts';
import { cloudFormationUrl, type CloudFormationUrl } from '../../support/cloud-formation-url.ts';

let cloudFormation: CloudFormationUrl;
beforeEach(async () => (cloudFormation = await cloudFormationUrl()));
afterEach(() => cloudFormation.close());

const event = (RequestType: string, PhysicalResourceId?: string) => ({
  ...{ RequestType, ResponseURL: cloudFormation.url, StackId: 'stack', RequestId: 'request' },
  ...{ LogicalResourceId: 'Secret1', ResourceProperties: { ServiceToken: 'arn' } },
  ...(PhysicalResourceId !== undefined && { PhysicalResourceId }),
});

it('makes a secret of 256 bits with its digest, which CloudFormation does not show', async () => {
  await respond(event('Create'));
  await respond(event('Create'));
  const bodies = cloudFormation.responses.map(({ body }) => body) as {
    Data: { Secret: string; Digest: string };
  }[];
  for (const { Data, ...rest } of bodies) {
    expect(Buffer.from(Data.Secret, 'base64url')).toHaveLength(32);
    expect(Data.Digest).toBe(createHash('sha256').update(Data.Secret).digest('hex'));
    expect(rest).toMatchObject({ Status: 'SUCCESS', NoEcho: true, PhysicalResourceId: Data.Digest });
  }
  expect(new Set(bodies.map(({ Data }) => Data.Secret)).size).toBe(2);
});

it('forgets it with its resource', async () => {
  await respond(event('Delete', 'digest'));
  expect(cloudFormation.responses.map(({ body }) => body)).toEqual([
    {
      ...{ Status: 'SUCCESS', Reason: '', PhysicalResourceId: 'digest' },
      ...{ StackId: 'stack', RequestId: 'request', LogicalResourceId: 'Secret1' },
    },
  ]);
});

it.each<[field: string, value: unknown]>([
  ['RequestType', 'Replace'],
  ['RequestType', undefined],
  ['ResponseURL', 'response'],
  ['ResponseURL', undefined],
  ['StackId', 7],
  ['RequestId', null],
  ['LogicalResourceId', undefined],
  ['PhysicalResourceId', 7],
])('rejects an event whose %s is %j, which CloudFormation does not send', async (field, value) => {
  await expect(respond({ ...event('Create'), [field]: value })).rejects.toThrow(
    `no event of a custom resource: ${field} is ${JSON.stringify(value)}`,
  );
  expect(cloudFormation.responses).toEqual([]);
});

it('rejects what is no event at all', () =>
  expect(respond(null)).rejects.toThrow('RequestType is undefined'));
