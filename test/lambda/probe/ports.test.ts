/** What the probe makes of S3's answers, over the wire: which mean an object that is missing or there, and which a fault. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { MOST_FAILURE_BYTES } from '../../../contract/failure.ts';
import { portsOn } from '../../../lambda/probe/aws/ports.ts';

let server: Server;
let answer: { status: number; body?: string };
let ports: ReturnType<typeof portsOn>;
beforeAll(async () => {
  server = createServer((request, response) => {
    request.resume();
    response.writeHead(answer.status).end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIA');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'x');
  ports = portsOn({
    STAGE: 'dev',
    BUCKET_NAME: 'photos',
    SCALER_TABLE_NAME: 'scaler',
    AMI_PARAMETER: '/ami',
  });
});
afterAll(() => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  server.close();
});
const answers = (status: number, body?: string) =>
  void (answer = { status, ...(body !== undefined && { body }) });

describe('an object', () => {
  // Without the right to list, S3 answers 403 for what is missing.
  it.each([403, 404])('is missing by HTTP %i', async (status) => {
    answers(status);
    expect(await ports.exists('incoming/a')).toBe(false);
    expect(await ports.failure('failed/a')).toBeUndefined();
  });

  it('is there by HTTP 200', async () => {
    answers(200);
    expect(await ports.exists('incoming/a')).toBe(true);
    expect(await ports.put('incoming/a', Buffer.from('a'))).toBe(true);
  });

  it.each([409, 412])('that another step has put stays, by HTTP %i', async (status) => {
    answers(status);
    expect(await ports.put('incoming/a', Buffer.from('a'))).toBe(false);
  });

  it('cannot be put without the right, nor read by a wrong request', async () => {
    answers(403);
    await expect(ports.put('incoming/a', Buffer.from('a'))).rejects.toMatchObject({
      $metadata: { httpStatusCode: 403 },
    });
    answers(400);
    await expect(ports.exists('incoming/a')).rejects.toMatchObject({ $metadata: { httpStatusCode: 400 } });
  });
});

it.each([
  [JSON.stringify({ code: 'retries-exhausted', message: '', retryable: true }), 'retries-exhausted'],
  ['no JSON', 'cannot-be-coloured'],
  [' '.repeat(MOST_FAILURE_BYTES + 1), 'cannot-be-coloured'],
])('a failure record has its code (case %#)', async (body, code) => {
  answers(200, body);
  expect(await ports.failure('failed/a')).toBe(code);
});
