/**
 * Many clients at once through the deployed gateway of the whole local stack: nobody is answered with 5xx, every photo comes to
 * its end. `npm run bench -- gateway` does it with 200.
 */
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { ensureVenv } from '../../../local/aws/venv.ts';
import { figuresOf, problemsOf } from '../../../tools/bench/clients-report.ts';
import { runClients, type ClientsOptions } from '../../../tools/bench/clients.ts';
import { startStack } from '../../../local/run/stack.ts';
import { Scope } from '../../../common/scope.ts';
import { FakeGateway, problem, storeError } from '../../client/support/gateway.ts';

const CLIENTS = 40;
const abort = new AbortController().signal;
const scope = new Scope();
afterAll(() => scope.close());

describe('many clients at once', () => {
  it('all get their photo in colour, and no 5xx', async () => {
    const python = await ensureVenv(abort, console.log);
    const { apiUrl = '' } = await startStack({
      stage: 'local',
      comfyui: undefined,
      python,
      abort,
      scope,
      say: () => undefined,
      onWorkerLine: () => undefined,
      standInSeconds: 0.2,
    });
    const run = await runClients(apiUrl, { clients: CLIENTS, rampSeconds: 0.5, patienceSeconds: 240, abort });
    expect(problemsOf(run)).toEqual([]);
    const { outcomes, kinds } = figuresOf(run);
    expect(outcomes).toEqual({ succeeded: CLIENTS, failed: 0, lost: 0, error: 0 });
    const { create, put, status, download } = kinds;
    for (const { answers } of [create, put, download]) expect(answers['2xx']).toBe(CLIENTS);
    expect(status.answers['2xx']).toBeGreaterThanOrEqual(CLIENTS);
    for (const { answers } of Object.values(kinds)) expect([answers['5xx'], answers.none]).toEqual([0, 0]);
  }, 330_000);
});

/** What would be missed if nobody saw it: of a gateway that is made to fail. */
describe('what speaks against many clients at once', () => {
  let gateway: FakeGateway;
  afterEach(() => gateway?.close());
  const three = (more: Partial<ClientsOptions> = {}) =>
    runClients(gateway.url, { clients: 3, rampSeconds: 0, patienceSeconds: 20, abort, ...more });

  it('is each 5xx and each answer that did not come, also where another try went well', async () => {
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

  it('is a photo that failed, one that never ends, and a result that is no picture', async () => {
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
