/** What `status` reads, part by part, and what it shows where a part cannot be read. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { ApiError } from '../../../client/errors.ts';
import { scalerMemoryOf } from '../../../cli/shared/scaler-memory.ts';
import { readParts, type StatusPorts } from '../../../cli/status/parts.ts';
import type { statusJson } from '../../../cli/status/json.ts';
import { UserError } from '../../../common/errors.ts';
import { storeError } from '../../client/support/gateway.ts';
import { command, Folder } from '../support/command.ts';

describe('reading the parts', () => {
  const ports = (more: Partial<StatusPorts>): StatusPorts => ({
    queue: async () => ({ waiting: 1, inFlight: 0 }),
    bulk: async () => null,
    oldest: async () => null,
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

describe('without permissions', () => {
  let server: Server | undefined;
  afterEach(() => server?.close());

  it('shows the missing ones and the other parts', async () => {
    const alarms = { MetricAlarms: [{ AlarmName: 'ddcolor-elastic-dev-no-tick', StateValue: 'OK' }] };
    const folder = new Folder();
    server = createServer((request, response) => {
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
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    const ended = await command(folder.path, ['status', '--json'], {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
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
