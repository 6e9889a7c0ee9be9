/** What `status` reads, part by part, and what it shows where a part cannot be read. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { GetMetricDataCommandInput } from '@aws-sdk/client-cloudwatch';
import { afterEach, describe, expect, it } from 'vitest';
import { ApiError } from '../../../client/errors.ts';
import { scalerMemoryOf } from '../../../cli/shared/scaler-memory.ts';
import { statusPorts } from '../../../cli/status/aws.ts';
import { readParts, type OldestAges, type StatusParts, type StatusPorts } from '../../../cli/status/parts.ts';
import { statusJson } from '../../../cli/status/json.ts';
import { statusLines } from '../../../cli/status/text.ts';
import { statusLine } from '../../../cli/watch/line.ts';
import { UserError } from '../../../common/errors.ts';
import { storeError } from '../../client/support/gateway.ts';
import { command, Folder } from '../support/command.ts';
import { calculation } from '../support/explained.ts';
import { memoryOf, NOW, record } from '../support/memory.ts';
import { parts } from '../support/status.ts';

const where = { stage: 'dev', stack: 'DDColorElastic-dev', region: 'us-east-1' };

describe('reading the parts', () => {
  const ports = (more: Partial<StatusPorts>): StatusPorts => ({
    queue: async () => ({ waiting: 1, inFlight: 0 }),
    bulk: async () => null,
    oldest: async () => ({ first: null, sidelined: null }),
    deadLetters: async () => 0,
    fleet: async () => ({ desired: 0, inService: 0, pending: 0, draining: 0, min: 0, max: 4 }),
    memory: async () => scalerMemoryOf(undefined),
    alarms: async () => [],
    ...more,
  });

  it('continues when a part is forbidden or unavailable', async () => {
    const read = await readParts(
      ports({
        fleet: () => Promise.reject(new UserError('group: AccessDenied.')),
        alarms: () => Promise.reject(new ApiError('unavailable', 503, 'CloudWatch cannot be reached.')),
      }),
    );
    expect(read.queue).toEqual({ value: { waiting: 1, inFlight: 0 } });
    expect(read.fleet).toEqual({ missing: 'group: AccessDenied.' });
    expect(read.alarms).toEqual({ missing: 'CloudWatch cannot be reached.' });
  });

  it('throws a bug', async () => {
    await expect(readParts(ports({ queue: () => Promise.reject(new TypeError('oops')) }))).rejects.toThrow(
      'oops',
    );
  });
});

let server: Server | undefined;
afterEach(() => server?.close());
const listen = async (made: Server): Promise<string> => {
  server = made;
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(made.address() as AddressInfo).port}`;
};

describe('the ages of the oldest photos', () => {
  const url = (queue: string) => `https://sqs.us-east-1.amazonaws.com/1/${queue}`;
  const jobs = { QueueUrl: url('jobs') };
  const both = { ...jobs, SidelinedQueueUrl: url('aside') };

  it.each<[string, Record<string, string>, Record<string, number[]>, OldestAges]>([
    ['of both queues', both, { aside: [95, 80], jobs: [40, 30] }, { first: 40, sidelined: 95 }],
    ['of a queue without a value', both, { jobs: [40] }, { first: 40, sidelined: null }],
    ['of none', both, {}, { first: null, sidelined: null }],
    ['of a stack from before the second queue', jobs, { jobs: [7] }, { first: 7, sidelined: null }],
  ])('%s', async (_which, outputs, ages, expected) => {
    /** As CloudWatch answers, in any order. */
    const answer = ({ MetricDataQueries }: GetMetricDataCommandInput) => ({
      MetricDataResults: MetricDataQueries?.map(({ Id, MetricStat }) => {
        const Values = ages[MetricStat?.Metric?.Dimensions?.[0]?.Value ?? ''] ?? [];
        return { Id, Values, Timestamps: Values.map(() => 0) };
      }).reverse(),
    });
    const endpoint = await listen(
      createServer((request, response) => {
        const body: Buffer[] = [];
        request.on('data', (chunk: Buffer) => body.push(chunk));
        request.on('end', () => {
          const input = JSON.parse(Buffer.concat(body).toString()) as GetMetricDataCommandInput;
          response.setHeader('content-type', 'application/x-amz-json-1.0');
          response.end(JSON.stringify(answer(input)));
        });
      }),
    );
    const config = {
      ...{
        endpoint,
        region: 'us-east-1',
        maxAttempts: 1,
        requestHandler: { connectionTimeout: 5000, socketTimeout: 5000 },
      },
      credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
    };
    const stack = { stage: 'dev', stack: 'S', local: false, region: 'us-east-1' };
    const place = { ...stack, config, autoScalingConfig: config };
    const found = statusPorts(place, async () => outputs, new AbortController().signal);
    expect(await found.oldest()).toEqual(expected);
  });
});

describe('sidelined photos', () => {
  const fast = { value: memoryOf([record({ calculation: { ...calculation, serviceSeconds: 6 } })]) };
  const queueOf = (sidelined?: number) => ({
    value: { waiting: 12, inFlight: 3, ...(sidelined !== undefined && { sidelined }) },
  });

  it.each<[string, Partial<StatusParts>, first: string, second: string | undefined]>([
    [
      'of a stack without their queue',
      {},
      '12 waiting, 3 in flight, the oldest waits 34 s, 2 dead',
      undefined,
    ],
    ['none', { queue: queueOf(0) }, '12 waiting, 3 in flight, the oldest waits 34 s, 2 dead', undefined],
    [
      'before the first queue is empty',
      { queue: queueOf(2), memory: fast },
      '12 waiting, 3 in flight, the oldest waits 34 s, 2 dead letters',
      // Three instances of 6 s each: a photo in 2 s, and a fourth of these.
      '2 of these, the oldest waits 2 min, 1 of 4 starts while others wait, the last starts in 16 s',
    ],
    [
      'after it',
      { queue: queueOf(8), memory: fast },
      '12 waiting, 3 in flight, the oldest waits 34 s, 2 dead letters',
      '8 of these, the oldest waits 2 min, 1 of 4 starts while others wait, the last starts in 24 s to 64 s',
    ],
    [
      'beside bulk photos, which have a tenth',
      { queue: queueOf(9), memory: fast, bulk: { value: { waiting: 100, inFlight: 0 } } },
      '12 waiting,',
      '9 of these, the oldest waits 2 min, 1 of 4 starts while others wait, the last starts in 27 s to 80 s',
    ],
    [
      'alone, of whose queue there is no age',
      { queue: queueOf(12), oldest: { value: { first: null, sidelined: null } } },
      '12 waiting, 3 in flight, 2 dead letters',
      '12 of these, age of the oldest unknown, 1 of 4 starts while others wait\n',
    ],
    [
      'with no instance',
      {
        ...{ queue: queueOf(8), memory: fast },
        fleet: { value: { desired: 0, inService: 0, pending: 0, draining: 0, min: 0, max: 20 } },
      },
      '12 waiting,',
      'starts while others wait\n',
    ],
  ])('%s', (_which, more, first, second) => {
    const lines = statusLines(parts(more), where, NOW).join('\n');
    expect(lines).toMatch(new RegExp(`\\n  queue +${first}`));
    if (second === undefined) expect(lines).not.toContain('sidelined');
    else expect(lines).toMatch(new RegExp(`\\n    sidelined  .*${second}`));
  });

  it('are counted in JSON and in the line of watch', () => {
    const of = parts({ queue: queueOf(8) });
    expect(statusJson(of, where, NOW).queue).toMatchObject({ sidelined: 8, oldestSidelinedSeconds: 95 });
    expect(statusLine(of, NOW).text).toContain('waiting 12 (8 sidelined), in flight 3');
    expect(statusLine(parts({ queue: queueOf(0) }), NOW).text).toContain('waiting 12, in flight 3');
  });
});

describe('without permissions', () => {
  it('shows the missing ones and the other parts', async () => {
    const alarms = { MetricAlarms: [{ AlarmName: 'ddcolor-elastic-dev-no-tick', StateValue: 'OK' }] };
    const folder = new Folder();
    const made = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        if (body.includes('DescribeStacks')) response.writeHead(403).end(storeError('AccessDenied', 'no'));
        else
          response
            .writeHead(200, { 'content-type': 'application/x-amz-json-1.0' })
            .end(JSON.stringify(alarms));
      });
    });
    const ended = await command(folder.path, ['status', '--json'], {
      AWS_ENDPOINT_URL: await listen(made),
      ...{ AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x', AWS_REGION: 'us-east-1' },
    });
    folder.remove();
    expect(ended).toMatchObject({ code: 1, err: '' });
    const { fleet, alarms: read, missing } = JSON.parse(ended.out) as ReturnType<typeof statusJson>;
    expect(fleet).toBeNull();
    expect(read).toMatchObject([{ id: 'no-tick', state: 'OK', since: null }]);
    expect(missing).toHaveLength(1);
    expect(missing[0]?.what).toEqual(['queue', 'bulk', 'oldest', 'deadLetters', 'fleet', 'memory']);
    expect(missing[0]?.why).toMatch(
      /^stack DDColorElastic-dev: .*Your AWS identity needs cloudformation:DescribeStacks/,
    );
  });
});
