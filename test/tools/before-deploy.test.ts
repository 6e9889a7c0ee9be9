/** What stops a deploy before it starts, and what is only said. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { SSMClient } from '@aws-sdk/client-ssm';
import { afterEach, describe, expect, it } from 'vitest';
import { clientConfig } from '../../common/environment.ts';
import { checkImage, freeFailedStack } from '../../tools/before-deploy.ts';

let server: Server | undefined;
afterEach(() => server?.close());

type Reply = [status: number, type: string, body: string];
/** @param reply to a request with this body */
async function aws(reply: (body: string) => Reply) {
  server = createServer((request, response) => {
    void text(request).then((body) => {
      const [status, type, answer] = reply(body);
      response.writeHead(status, { 'content-type': type }).end(answer);
    });
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return clientConfig(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

describe('the image of a stage', () => {
  const BAKE = /has no image.*npx ddcolor-elastic image bake --stage dev/;
  it.each<[string, number, object, { stops: boolean; text: RegExp } | undefined]>([
    ['is missing', 400, { __type: 'ParameterNotFound' }, { stops: true, text: BAKE }],
    ['is none', 200, { Parameter: { Value: 'none' } }, { stops: true, text: BAKE }],
    ['exists', 200, { Parameter: { Value: 'ami-1' } }, undefined],
    [
      'cannot be read without permission, as by a pipeline’s role of an earlier version',
      400,
      { __type: 'AccessDeniedException', message: 'no' },
      { stops: false, text: /was not checked \(AccessDeniedException: no\).*ssm:GetParameter.*deploy-role'/ },
    ],
  ])('%s', async (_name, status, answer, expected) => {
    const ssm = new SSMClient(
      await aws(() => [status, 'application/x-amz-json-1.1', JSON.stringify(answer)]),
    );
    const found = await checkImage('dev', ssm);
    if (expected === undefined) expect(found).toBeUndefined();
    else
      expect(found).toEqual({ stops: expected.stops, text: expect.stringMatching(expected.text) as string });
  });
});

describe('a stack', () => {
  const described = (status: string, protectedToo: boolean) =>
    `<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>DDColorElastic-prod</StackName><CreationTime>2026-11-01T00:00:00Z</CreationTime><StackStatus>${status}</StackStatus><EnableTerminationProtection>${protectedToo}</EnableTerminationProtection></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`;
  const refusal =
    '<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>';

  /** @returns the finding, and the bodies of the calls that change something */
  async function freed(status: string, isProtected = true, mayChange = true) {
    const changes: string[] = [];
    const config = await aws((body) => {
      if (body.includes('DescribeStacks')) return [200, 'text/xml', described(status, isProtected)];
      changes.push(body);
      return mayChange
        ? [200, 'text/xml', '<UpdateTerminationProtectionResponse></UpdateTerminationProtectionResponse>']
        : [403, 'text/xml', refusal];
    });
    const found = await freeFailedStack('prod', new CloudFormationClient({ ...config, maxAttempts: 1 }));
    return { found, changes };
  }

  it('whose first deploy failed loses its termination protection, which would prevent the next', async () => {
    const { found, changes } = await freed('ROLLBACK_COMPLETE');
    expect(found).toEqual({
      stops: false,
      text: expect.stringMatching(/DDColorElastic-prod is in ROLLBACK_COMPLETE.*was switched off/) as string,
    });
    expect(changes).toEqual([
      expect.stringMatching(
        /EnableTerminationProtection=false.*DDColorElastic-prod|DDColorElastic-prod.*EnableTerminationProtection=false/,
      ),
    ]);
  });

  it('stops the deploy, with the command to run, where it may not be changed', async () => {
    const { found } = await freed('ROLLBACK_COMPLETE', true, false);
    expect(found).toEqual({
      stops: true,
      text: expect.stringMatching(
        /is in the way.*--no-enable-termination-protection --stack-name DDColorElastic-prod/,
      ) as string,
    });
  });

  it.each([
    ['CREATE_COMPLETE', true],
    ['UPDATE_ROLLBACK_COMPLETE', true],
    ['ROLLBACK_COMPLETE', false],
  ])('in %s with protection %s is left as it is', async (status, isProtected) => {
    expect(await freed(status, isProtected)).toEqual({ found: undefined, changes: [] });
  });

  it('that may not be read is left to the CDK', async () => {
    const config = await aws(() => [403, 'text/xml', refusal]);
    expect(
      await freeFailedStack('prod', new CloudFormationClient({ ...config, maxAttempts: 1 })),
    ).toBeUndefined();
  });
});
