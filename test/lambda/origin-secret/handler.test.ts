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

it('rejects an event that CloudFormation does not send', async () => {
  await expect(respond(event('Replace'))).rejects.toThrow('RequestType');
  expect(cloudFormation.responses).toEqual([]);
});
