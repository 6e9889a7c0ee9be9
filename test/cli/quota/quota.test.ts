/** Whether GPU quotas are enough for a stage's maximum. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { sharesOf } from '../../../contract/prices.ts';
import { checkQuotas, largestVcpus } from '../../../cli/quota/need.ts';
import { quotaJson, quotaLines } from '../../../cli/quota/text.ts';
import { resolveStage, type StageConfig } from '../../../lib/stage/stage.ts';
import { UserError } from '../../../common/errors.ts';
import { command, Folder } from '../support/command.ts';

const stage = (config: StageConfig = {}) => resolveStage('own', config);

it.each([
  [0, 100, 20, 0, 20],
  [0, 70, 20, 6, 14],
  [0, 0, 20, 20, 0],
  [4, 50, 10, 7, 3],
  [4, 50, 11, 8, 3],
  [10, 100, 6, 6, 0],
  [0, 70, 1, 1, 0],
  [0, 70, 0, 0, 0],
])(
  'with a base of %i and %i %% Spot, %i instances are %i on demand and %i Spot',
  (base, spot, size, onDemand, rest) =>
    expect(sharesOf({ onDemandBaseCapacity: base, spotPercentage: spot }, size)).toEqual({
      onDemand,
      spot: rest,
    }),
);

it('counts the vCPUs of the largest type, and fails for an unknown type', () => {
  expect(largestVcpus(stage({ instanceTypes: ['g4dn.xlarge', 'g5.2xlarge'] }))).toBe(8);
  const unknown = () =>
    largestVcpus(stage({ instanceTypes: ['g4dn.xlarge', 'p9.huge'], instancePrices: { 'p9.huge': 9 } }));
  expect(unknown).toThrow(UserError);
  expect(unknown).toThrow(
    /how many vCPUs p9\.huge has is unknown; add it to INSTANCE_PRICES in contract\/prices\.ts/,
  );
});

const prod = stage({ maxCapacity: 20, spotPercentage: 70 });

it('shows needed and allowed vCPUs, and the command that requests an increase', () => {
  const checks = checkQuotas(prod, { onDemand: 0, spot: 64 });
  expect(quotaLines(prod, 'us-east-1', checks)).toEqual([
    'Stage own in us-east-1, at its maximum of 20 instances:',
    '  on demand  needed 24 vCPUs (6 instances of 4), allowed 0, which is 0 instances: NOT ENOUGH',
    '             Running On-Demand G and VT instances, L-DB2E81BA',
    '             aws service-quotas request-service-quota-increase --service-code ec2 --quota-code L-DB2E81BA --desired-value 24 --region us-east-1',
    '  Spot       needed 56 vCPUs (14 instances of 4), allowed 64, which is 16 instances: enough',
    '             All G and VT Spot Instance Requests, L-3819A6DF',
    'NOT ENOUGH: until raised, the fleet stays below its maximum (reason shortage).',
  ]);
  expect(quotaJson(prod, 'us-east-1', checks)).toMatchObject({
    ...{ command: 'quota', stage: 'own', region: 'us-east-1', maxCapacity: 20, enough: false },
    quotas: [
      {
        kind: 'onDemand',
        needed: 24,
        allowed: 0,
        allows: 0,
        enough: false,
        request: expect.stringContaining('L-DB2E81BA --desired-value 24') as string,
      },
      { kind: 'spot', needed: 56, allowed: 64, allows: 16, enough: true, request: null },
    ],
  });
});

it.each([
  [23.9, 56, false],
  [24, 56, true],
  [24, 55, false],
  [1000, 1000, true],
])('%s on demand and %s Spot are enough: %s', (onDemand, spot, enough) => {
  const checks = checkQuotas(prod, { onDemand, spot });
  expect(checks.every((check) => check.enough)).toBe(enough);
  expect(quotaLines(prod, 'us-east-1', checks).at(-1)).toMatch(enough ? /^Enough/ : /^NOT ENOUGH/);
});

describe('the command', () => {
  const folder = new Folder();
  let server: Server | undefined;
  afterEach(() => server?.close());

  type Answer = [status: number, body: object];
  /** Service Quotas with a response for each action and quota. */
  async function answering(answers: (action: string, code: string) => Answer): Promise<NodeJS.ProcessEnv> {
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        const action = String(request.headers['x-amz-target']).split('.').at(-1) ?? '';
        const { QuotaCode } = JSON.parse(body) as { QuotaCode: string };
        const [status, answer] = answers(action, QuotaCode);
        response
          .writeHead(status, { 'content-type': 'application/x-amz-json-1.1' })
          .end(JSON.stringify(answer));
      });
    });
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    return {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      AWS_ACCESS_KEY_ID: 'x',
      AWS_SECRET_ACCESS_KEY: 'x',
    };
  }
  const quota = (Value: number): Answer => [200, { Quota: { Value } }];
  const args = ['quota', '--stage', 'prod', '--region', 'eu-central-1'];

  it.each([
    [24, 56, 0],
    [24, 0, 1],
  ])('exits for %i vCPUs on demand and %i Spot with %i', async (onDemand, spot, code) => {
    const env = await answering((_action, asked) => quota(asked === 'L-DB2E81BA' ? onDemand : spot));
    const ended = await command(folder.path, [...args, '--json'], env);
    expect(ended).toMatchObject({ code, err: '' });
    expect(JSON.parse(ended.out)).toMatchObject({
      ...{ stage: 'prod', region: 'eu-central-1', enough: code === 0 },
      quotas: [{ allowed: onDemand }, { allowed: spot }],
    });
  });

  it('reads the default quota when the account has no value of its own', async () => {
    const env = await answering((action) =>
      action === 'GetServiceQuota' ? [400, { __type: 'NoSuchResourceException' }] : quota(1000),
    );
    const ended = await command(folder.path, args, env);
    expect(ended).toMatchObject({ code: 0, err: '' });
    expect(ended.out).toContain('needed 24 vCPUs (6 instances of 4), allowed 1000');
  });

  it('names the missing permission', async () => {
    const env = await answering(() => [400, { __type: 'AccessDeniedException', Message: 'no' }]);
    expect(await command(folder.path, args, env)).toEqual({
      code: 1,
      out: '',
      err: 'quota L-DB2E81BA: AccessDeniedException. Your AWS identity needs servicequotas:GetServiceQuota and servicequotas:GetAWSDefaultServiceQuota.\n',
    });
  });

  it.each([
    [['--local'], "unknown option '--local'"],
    [['--stage', 'mars'], "--stage 'mars': bin/stages.ts has local, chaos, dev, prod."],
  ])('rejects %j', async (more, said) => {
    const ended = await command(folder.path, ['quota', ...more]);
    expect(ended).toMatchObject({ code: 2, out: '' });
    expect(ended.err).toContain(said);
  });
});
