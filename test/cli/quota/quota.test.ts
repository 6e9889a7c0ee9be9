/** Whether GPU quotas are enough for a stage's maximum. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { sharesOf } from '../../../contract/prices.ts';
import { checkQuotas, checkRate, largestVcpus } from '../../../cli/quota/need.ts';
import { isEnough, quotaJson, quotaLines } from '../../../cli/quota/text.ts';
import { checkZones, type Offers } from '../../../cli/quota/zones.ts';
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

const EVERYWHERE: Offers = {
  'us-east-1b': ['g4dn.xlarge', 'g5.xlarge', 'g6.xlarge'],
  'us-east-1a': ['g4dn.xlarge', 'g5.xlarge', 'g6.xlarge'],
  'us-east-1f': ['g4dn.xlarge'],
};
const reportOf = (
  of: ReturnType<typeof stage>,
  allowed: Parameters<typeof checkQuotas>[1],
  offers: Offers = EVERYWHERE,
) => ({ checks: checkQuotas(of, allowed), rate: checkRate(of), zones: checkZones(of, offers) });
const PLENTY = { onDemand: 1000, spot: 1000 };

it('shows needed and allowed vCPUs, and the command that requests an increase', () => {
  const checks = reportOf(prod, { onDemand: 0, spot: 64 });
  expect(quotaLines(prod, 'us-east-1', checks)).toEqual([
    'Stage own in us-east-1, at its maximum of 20 instances:',
    '  on demand  needed 28 vCPUs (6 instances of 4, 1 more to bake and try images), allowed 0, which is 0 instances: NOT ENOUGH',
    '             Running On-Demand G and VT instances, L-DB2E81BA',
    '             aws service-quotas request-service-quota-increase --service-code ec2 --quota-code L-DB2E81BA --desired-value 28 --region us-east-1',
    '  Spot       needed 56 vCPUs (14 instances of 4), allowed 64, which is 16 instances: enough',
    '             All G and VT Spot Instance Requests, L-3819A6DF',
    '  volumes    needed 5000 MiB/s (20 instances of 250 that start at once), allowed 5000 by default: enough',
    '  zones      us-east-1a, us-east-1b, us-east-1f (g4dn.xlarge only) offer g4dn.xlarge, g5.xlarge, g6.xlarge',
    "             the stage uses two of the region, whichever AWS names first; all of them: availabilityZones: ['us-east-1a', 'us-east-1b', 'us-east-1f']",
    'NOT ENOUGH: until changed, the fleet stays below its maximum (reason shortage), or no image can be built.',
  ]);
  expect(quotaJson(prod, 'us-east-1', checks)).toMatchObject({
    ...{ command: 'quota', stage: 'own', region: 'us-east-1', maxCapacity: 20, enough: false },
    volumeInitializationRate: { each: 250, needed: 5000, allowed: 5000, enough: true },
    zones: { used: [], useless: [], unused: ['us-east-1a', 'us-east-1b', 'us-east-1f'] },
    quotas: [
      {
        kind: 'onDemand',
        needed: 28,
        allowed: 0,
        allows: 0,
        enough: false,
        request: expect.stringContaining('L-DB2E81BA --desired-value 28') as string,
      },
      { kind: 'spot', needed: 56, allowed: 64, allows: 16, enough: true, request: null },
    ],
  });
});

it.each([
  [27.9, 56, false],
  [28, 56, true],
  [28, 55, false],
  [1000, 1000, true],
])('%s on demand and %s Spot are enough: %s', (onDemand, spot, enough) => {
  const report = reportOf(prod, { onDemand, spot });
  expect(isEnough(report)).toBe(enough);
  expect(quotaLines(prod, 'us-east-1', report).at(-1)).toMatch(enough ? /^Enough/ : /^NOT ENOUGH/);
});

it.each<[string[], Offers, boolean, RegExp]>([
  [['us-east-1a', 'us-east-1b', 'us-east-1f'], EVERYWHERE, true, /only\) offer [^\n]*\nEnough/],
  // The order of the stage first: a subnet does not move.
  [
    ['us-east-1b'],
    EVERYWHERE,
    true,
    /could use more: availabilityZones: \['us-east-1b', 'us-east-1a', 'us-east-1f'\]/,
  ],
  [
    ['us-east-1b', 'us-east-1e'],
    EVERYWHERE,
    false,
    /NOT ENOUGH: us-east-1e, which the stage names, offers none/,
  ],
  [[], {}, false, /none offer g4dn[^\n]*\n +NOT ENOUGH: no zone of this region offers any/],
])('compares the zones %j with those that offer the types', (availabilityZones, offers, enough, said) => {
  const own = stage({ availabilityZones });
  const report = reportOf(own, PLENTY, offers);
  expect(isEnough(report)).toBe(enough);
  expect(quotaLines(own, 'us-east-1', report).join('\n')).toMatch(said);
});

it('asks for on-demand vCPUs of a stage on Spot: images are built and tried there', () => {
  const spot = stage({ maxCapacity: 4, onDemandFallback: false });
  expect(isEnough(reportOf(spot, { onDemand: 3, spot: 16 }))).toBe(false);
  expect(isEnough(reportOf(spot, { onDemand: 4, spot: 16 }))).toBe(true);
});

it('asks for the whole maximum of both markets where one falls back to the other', () => {
  const both = stage({ maxCapacity: 4 });
  expect(isEnough(reportOf(both, { onDemand: 19, spot: 16 }))).toBe(false);
  expect(isEnough(reportOf(both, { onDemand: 20, spot: 15 }))).toBe(false);
  expect(isEnough(reportOf(both, { onDemand: 20, spot: 16 }))).toBe(true);
});

it('has no quota of volumes that load each block at its first read', () => {
  const own = stage({ volumeInitializationRate: 0 });
  expect(quotaLines(own, 'us-east-1', reportOf(own, PLENTY)).join('\n')).toContain('first read: no quota');
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
        const target = request.headers['x-amz-target'];
        if (target === undefined)
          return void response.writeHead(200).end(offerings(new URLSearchParams(body)));
        const action = String(target).split('.').at(-1) ?? '';
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
  /** EC2: one zone offers every type. */
  function offerings(form: URLSearchParams): string {
    expect(form.get('LocationType')).toBe('availability-zone');
    const items = [...form]
      .filter(([name]) => name.startsWith('Filter.1.Value.'))
      .map(
        ([, type]) => `<item><instanceType>${type}</instanceType><location>eu-central-1a</location></item>`,
      );
    return `<DescribeInstanceTypeOfferingsResponse><instanceTypeOfferingSet>${items.join('')}</instanceTypeOfferingSet></DescribeInstanceTypeOfferingsResponse>`;
  }
  const quota = (Value: number): Answer => [200, { Quota: { Value } }];
  const args = ['quota', '--stage', 'prod', '--region', 'eu-central-1'];

  it.each([
    [84, 80, 0],
    [84, 0, 1],
  ])('exits for %i vCPUs on demand and %i Spot with %i', async (onDemand, spot, code) => {
    const env = await answering((_action, asked) => quota(asked === 'L-DB2E81BA' ? onDemand : spot));
    const ended = await command(folder.path, [...args, '--json'], env);
    expect(ended).toMatchObject({ code, err: '' });
    expect(JSON.parse(ended.out)).toMatchObject({
      ...{ stage: 'prod', region: 'eu-central-1', enough: code === 0 },
      quotas: [{ allowed: onDemand }, { allowed: spot }],
      zones: { offers: { 'eu-central-1a': ['g4dn.xlarge', 'g5.xlarge', 'g6.xlarge'] } },
    });
  });

  it('reads the default quota when the account has no value of its own', async () => {
    const env = await answering((action) =>
      action === 'GetServiceQuota' ? [400, { __type: 'NoSuchResourceException' }] : quota(1000),
    );
    const ended = await command(folder.path, args, env);
    expect(ended).toMatchObject({ code: 0, err: '' });
    expect(ended.out).toContain(
      'needed 84 vCPUs (20 instances of 4, 1 more to bake and try images), allowed 1000',
    );
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
