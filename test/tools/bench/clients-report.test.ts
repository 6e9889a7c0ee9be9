/** The report of many clients names every failure of a gateway that is made to fail. */
import { afterEach, describe, expect, it } from 'vitest';
import { figuresOf, problemsOf } from '../../../tools/bench/clients-report.ts';
import { runClients, type ClientsOptions } from '../../../tools/bench/clients.ts';
import { FakeGateway, problem, storeError } from '../../client/support/gateway.ts';

const abort = new AbortController().signal;

describe('problems of many clients at once', () => {
  let gateway: FakeGateway;
  afterEach(() => gateway?.close());
  const three = (more: Partial<ClientsOptions> = {}) =>
    runClients(gateway.url, { clients: 3, rampSeconds: 0, patienceSeconds: 20, abort, ...more });

  it('are each 5xx and each missing response, even if a retry succeeded', async () => {
    gateway = await FakeGateway.start();
    gateway.faults.create = [problem(503, 'unavailable', 'Down.')];
    gateway.faults.upload = [{ status: 500, body: storeError('InternalError', 'x') }];
    gateway.faults.status = ['reset', problem(429, 'too-busy', 'Later.')];
    const run = await three();
    const found = problemsOf(run).join('\n');
    expect(found).toContain('1 x create: 503');
    expect(found).toContain('1 x put: 500');
    expect(found).toContain('1 x status: no response');
    expect(found).not.toContain('429');
    const { create, status } = figuresOf(run).kinds;
    expect(create.answers).toMatchObject({ '2xx': 3, '5xx': 1 });
    expect(status.answers).toMatchObject({ '429': 1, none: 1 });
  });

  it('are a failed photo, one without outcome and a result that is not an image', async () => {
    gateway = await FakeGateway.start({
      pollSeconds: 1,
      statusOf: ({ wanted: { name } }) =>
        name === 'client 0.jpg'
          ? { status: 'failed' }
          : { status: name === 'client 1.jpg' ? 'waiting' : 'succeeded' },
    });
    const run = await three({ patienceSeconds: 5 });
    expect(problemsOf(run)).toEqual([
      '1 x failed: unreadable-image: The file cannot be decoded.',
      '1 x lost: no outcome within the time limit',
      '1 x error: the result is not an image',
    ]);
    expect(figuresOf(run).outcomes).toEqual({ succeeded: 0, failed: 1, lost: 1, error: 1 });
  });
});
