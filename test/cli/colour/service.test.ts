/** The service through the API and through the bucket: one suite for both, then the errors of each. */
import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ApiService } from '../../../cli/colour/service/api.ts';
import { S3Service } from '../../../cli/colour/service/s3.ts';
import type { Service, SubmitOptions } from '../../../cli/colour/service/service.ts';
import { PhotoApi } from '../../../client/api.ts';
import { clientConfig } from '../../../common/environment.ts';
import { freePort } from '../../../local/aws/ministack.ts';
import { UserError } from '../../../common/errors.ts';
import { Scope } from '../../../common/scope.ts';
import { testClock } from '../../client/support/clock.ts';
import {
  coloured,
  FakeGateway,
  problem,
  storeError,
  type FakeGatewayOptions,
} from '../../client/support/gateway.ts';
import { overApi, overS3, type Made } from '../support/services.ts';
import { startLocalAws } from '../../support/local-aws.ts';

const scope = new Scope();
const { signal } = new AbortController();
let endpoint: string;
let s3: S3Client;
beforeAll(async () => {
  endpoint = await startLocalAws('cli-service-test', scope);
  s3 = new S3Client({ ...clientConfig(endpoint), forcePathStyle: true });
}, 60_000);
afterAll(() => scope.close());

const submitting = (more: Partial<SubmitOptions> = {}): SubmitOptions => ({
  clock: testClock(),
  signal,
  announced: () => undefined,
  ...more,
});
const photo = (body: Buffer<ArrayBuffer> = Buffer.from('one'), name = 'one.jpg') =>
  ({ name, type: 'image/jpeg', body }) as const;
const refusal = (code: string) => expect.objectContaining({ name: 'ApiError', code }) as Error;

describe.each([
  ['API', overApi],
  ['bucket', () => overS3(s3)],
])('the service through the %s', (_name, make) => {
  let made: Made;
  let service: Service;
  beforeEach(async () => {
    made = await make();
    service = made.service;
  });
  afterEach(() => made.close());
  const bytes = async (id: string) => {
    const look = await service.look(id, signal);
    return look.status === 'done' ? look.fetch(signal) : look.status;
  };

  it('is available, and has a name without secrets', async () => {
    await service.check(signal);
    expect(service.name).toMatch(/^(http|s3):\/\/[a-z0-9.:/-]+$/);
  });

  it('sends a photo with its options, and without', async () => {
    const options = { preset: 'buildings', strength: 80 };
    const chosen = await service.submit({ ...photo(), options }, submitting());
    expect(await made.optionsOf(chosen)).toEqual({ preset: 'buildings', strength: '80' });
    expect(await made.optionsOf(await service.submit(photo(), submitting()))).toEqual({});
  });

  it('announces the id of a photo before the upload', async () => {
    const seen: unknown[] = [];
    const arrivals: Promise<unknown>[] = [];
    const announced = (id: string) => void (seen.push(id), arrivals.push(made.arrived(id)));
    const body = randomBytes(2_000_000);
    const id = await service.submit(photo(body), submitting({ announced }));
    expect(seen).toEqual([id]);
    expect(await Promise.all(arrivals)).toEqual([undefined]);
    expect((await made.arrived(id))?.equals(body)).toBe(true);
    expect(await service.look(id, signal)).toMatchObject({ status: 'waiting', uploaded: true });
  });

  it('returns the result', async () => {
    const id = await service.submit(photo(), submitting());
    await made.finish(id);
    expect(await bytes(id)).toEqual(coloured(Buffer.from('one')));
  });

  it.each([
    { code: 'unreadable-image', message: 'Damaged.', retryable: false },
    { code: 'retries-exhausted', message: 'Five attempts.', retryable: true, attempts: 5 },
  ] as const)('returns the failure $code', async (failure) => {
    const id = await service.submit(photo(), submitting());
    await made.fail(id, failure);
    expect(await service.look(id, signal)).toMatchObject({ status: 'failed', code: failure.code });
    // As after a redrive.
    await made.finish(id);
    expect(await bytes(id)).toEqual(coloured(Buffer.from('one')));
  });

  it('sends a bulk photo to the bulk lane, and reads its outcome there', async () => {
    const id = await service.submit({ ...photo(), lane: 'bulk' }, submitting());
    expect(await made.laneOf(id)).toBe('bulk');
    expect(await made.laneOf(await service.submit(photo(), submitting()))).toBe('interactive');
    await made.fail(id, { code: 'unreadable-image', message: 'Damaged.', retryable: false });
    expect(await service.look(id, signal)).toMatchObject({ status: 'failed' });
    await made.finish(id);
    expect(await bytes(id)).toEqual(coloured(Buffer.from('one')));
  });

  it('gives a photo a new id when it is sent again', async () => {
    const first = await service.submit(photo(), submitting());
    await made.fail(first, { code: 'retries-exhausted', message: 'Five attempts.', retryable: true });
    const second = await service.submit(photo(), submitting());
    expect(second).not.toBe(first);
    expect(await bytes(second)).toBe('waiting');
  });

  it('does not find a photo that it never had or has deleted', async () => {
    const other = await make();
    const foreign = await other.service.submit(photo(), submitting());
    await other.close();
    await expect(service.look(foreign, signal)).rejects.toEqual(refusal('not-found'));
    const id = await service.submit(photo(), submitting());
    await made.lose(id);
    await expect(service.look(id, signal)).rejects.toEqual(refusal('not-found'));
  });

  it('reports that an announced photo has not arrived', async () => {
    const abort = new AbortController();
    let id = '';
    const announced = (one: string) => {
      id = one;
      abort.abort(new Error('cut off'));
    };
    await expect(service.submit(photo(), submitting({ announced, signal: abort.signal }))).rejects.toThrow(
      'cut off',
    );
    const arrived = await service.look(id, signal).then(
      (look) => look.status === 'waiting' && look.uploaded,
      (error: { code: string }) => error.code !== 'not-found',
    );
    expect(arrived).toBe(false);
  });

  it.each([
    'Grüße aus Köln (1+1) 100%.jpg',
    'a\\b\n.jpg',
    `${'ä'.repeat(120)}.jpg`,
    'ไทย 日本.jpg',
    '...jpg',
  ])('accepts the name %j', async (name) => {
    const id = await service.submit(photo(undefined, name), submitting());
    await made.finish(id);
    expect(await bytes(id)).toEqual(coloured(Buffer.from('one')));
  });

  it('rejects with the reason of an aborted signal', async () => {
    const id = await service.submit(photo(), submitting());
    const abort = AbortSignal.abort(new Error('enough'));
    await expect(service.look(id, abort)).rejects.toThrow('enough');
    await expect(service.check(abort)).rejects.toThrow('enough');
    await expect(service.submit(photo(), submitting({ signal: abort }))).rejects.toThrow('enough');
  });
});

describe('the API', () => {
  let gateway: FakeGateway;
  afterEach(() => gateway.close());
  async function start(options?: FakeGatewayOptions) {
    gateway = await FakeGateway.start(options);
    return new ApiService(gateway.url, new PhotoApi(gateway.url));
  }

  it('is retried after Retry-After, otherwise with a growing delay', async () => {
    const service = await start();
    const limit = { ...problem(429, 'hourly-quota-exceeded', '60 an hour.') };
    gateway.faults.create = [
      { ...limit, headers: { ...limit.headers, 'retry-after': '1800' } },
      { status: 503, body: '{"message":"Service Unavailable"}' },
      { status: 200, body: 'not JSON' },
      'reset',
    ];
    const clock = testClock();
    const retries: string[] = [];
    const onRetry: SubmitOptions['onRetry'] = ({ code }, _ms, failures) =>
      void retries.push(`${failures} ${code}`);
    await service.submit(photo(), submitting({ clock, onRetry }));
    expect(clock.slept).toEqual([1_800_000, 2000, 4000, 8000]);
    expect(retries).toEqual(['1 hourly-quota-exceeded', '2 unavailable', '3 unavailable', '4 unavailable']);
    expect(gateway.stored()).toEqual(['one.jpg']);
  });

  it('gives a new link when the link has expired, up to a limit', async () => {
    const service = await start();
    const expired = { status: 403, body: storeError('AccessDenied', 'Request has expired') };
    gateway.faults.upload = [expired, expired];
    const announced: string[] = [];
    const id = await service.submit(photo(), submitting({ announced: (one) => void announced.push(one) }));
    expect(announced).toHaveLength(3);
    expect(announced.at(-1)).toBe(id);
    gateway.faults.upload = Array.from({ length: 5 }, () => expired);
    await expect(service.submit(photo(), submitting())).rejects.toEqual(refusal('link-expired'));
  });

  it('has the photo when its link was used', async () => {
    const service = await start();
    gateway.faults.upload = [{ status: 412, body: storeError('PreconditionFailed', 'x') }];
    expect(await service.submit(photo(), submitting())).toMatch(/^[\w-]{22}$/);
  });

  it('fails for a link that was signed for other values, and for an unsupported type', async () => {
    const service = await start();
    gateway.faults.upload = [{ status: 403, body: storeError('SignatureDoesNotMatch', 'x') }];
    await expect(service.submit(photo(), submitting())).rejects.toEqual(refusal('link-mismatch'));
    const gif = { ...photo(), type: undefined };
    await expect(service.submit(gif, submitting())).rejects.toEqual(refusal('unsupported-type'));
    expect(gateway.count('create')).toBe(1);
  });

  it('fails the check of another server, and of one that closes the connection', async () => {
    const service = await start();
    gateway.faults.health = [{ status: 404, body: 'x' }, 'reset'];
    await expect(service.check(signal)).rejects.toThrow(UserError);
    await expect(service.check(signal)).rejects.toEqual(refusal('unavailable'));
  });
});

describe('the bucket', () => {
  let server: Server | undefined;
  afterEach(() => server?.close());
  /** An S3 with one response to everything. */
  async function answering(status: number, body: string): Promise<S3Service> {
    server = createServer((request, response) => {
      request.resume();
      response.writeHead(status, { 'content-type': 'application/xml' }).end(body);
    });
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    return at(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  }
  const at = (address: string) =>
    new S3Service(new S3Client({ ...clientConfig(address), forcePathStyle: true, maxAttempts: 1 }), 'photos');

  it('fails when it does not exist', async () => {
    const missing = new S3Service(s3, 'there-is-none');
    await expect(missing.check(signal)).rejects.toThrow('s3://there-is-none: there is no such bucket.');
    await expect(missing.submit(photo(), submitting())).rejects.toThrow(UserError);
  });

  it.each([
    [403, storeError('AccessDenied', 'Access Denied'), /Your AWS identity needs .* s3:ListBucket/],
    [400, storeError('ExpiredToken', 'The provided token has expired.'), /Sign in to AWS first/],
    [403, storeError('InvalidAccessKeyId', 'x'), /Sign in to AWS first/],
  ])('fails at %s %s, with what the operator has to do', async (status, body, said) => {
    const service = await answering(status, body);
    const error = (await service.submit(photo(), submitting()).catch((one: unknown) => one)) as Error;
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toMatch(said);
  });

  it.each([
    [503, storeError('SlowDown', 'Please reduce your request rate.')],
    [500, storeError('InternalError', 'We encountered an internal error. Please try again.')],
    [400, storeError('RequestTimeout', 'Your socket connection to the server was not read from …')],
  ])('is retried at %s %s', async (status, body) => {
    const service = await answering(status, body);
    const onRetry = (one: Error) => {
      throw one;
    };
    await expect(service.submit(photo(), submitting({ onRetry }))).rejects.toEqual(refusal('unavailable'));
  });

  it('is unavailable when no server answers', async () => {
    const away = at(`http://127.0.0.1:${await freePort()}`);
    await expect(away.check(signal)).rejects.toEqual(refusal('unavailable'));
    await expect(away.look('cli/x/y', signal)).rejects.toEqual(refusal('unavailable'));
  });
});
