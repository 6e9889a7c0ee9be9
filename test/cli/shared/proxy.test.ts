/** Proxies from the environment, for the API and for S3, through a proxy that forwards to a server of the test. */
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { HeadBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ApiService } from '../../../cli/colour/service/api.ts';
import { awsCall } from '../../../cli/shared/aws-errors.ts';
import { proxiedFetch, requestHandler } from '../../../cli/shared/proxy.ts';
import { proxiesOf, ProxyRefused } from '../../../cli/shared/proxy-settings.ts';
import { PhotoApi } from '../../../client/api.ts';
import { UsageError } from '../../../common/errors.ts';
import { coloured, FakeGateway } from '../../client/support/gateway.ts';
import { command, Folder } from '../support/command.ts';

const TIMEOUTS = { connectionTimeout: 5000, socketTimeout: 5000 };
const { signal } = new AbortController();
/** A host that no name server knows: only a proxy reaches it. */
const HOST = 'photos.invalid';

let gateway: FakeGateway;
let proxy: Server;
/** Hosts that the proxy was asked for, with the user's name. */
let asked: string[];
let status = 200;
const portOf = (server: Server) => (server.address() as AddressInfo).port;
beforeAll(async () => {
  gateway = await FakeGateway.start({ statusOf: () => ({ status: 'succeeded' }) });
  const port = Number(new URL(gateway.url).port);
  proxy = createServer();
  proxy.on('connect', ({ url = '', headers }, socket) => {
    const [, user = ''] = (headers['proxy-authorization'] ?? '').split(' ');
    asked.push([url, Buffer.from(user, 'base64').toString()].join(' ').trim());
    if (status !== 200) return void socket.end(`HTTP/1.1 ${status} Refused\r\n\r\n`);
    const server = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      server.pipe(socket).pipe(server);
    });
    for (const end of [socket, server]) end.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  await gateway.close();
  proxy.close();
});
beforeEach(() => ([asked, status] = [[], 200]));
const address = (credentials = '') => `http://${credentials}127.0.0.1:${portOf(proxy)}`;

describe('the proxies of the environment', () => {
  it.each<[NodeJS.ProcessEnv, { http: string; https: string } | undefined]>([
    [{}, undefined],
    [{ NO_PROXY: '*' }, undefined],
    [{ HTTPS_PROXY: 'http://p:1', NO_PROXY: '*' }, undefined],
    [{ ALL_PROXY: 'http://p:1', no_proxy: 'corp.example, *' }, undefined],
    [{ HTTPS_PROXY: '' }, undefined],
    [{ HTTPS_PROXY: 'http://p:1' }, { http: '', https: 'http://p:1' }],
    [
      { https_proxy: 'http://p:1', HTTPS_PROXY: 'http://q:1' },
      { http: '', https: 'http://p:1' },
    ],
    [{ HTTP_PROXY: 'p:1' }, { http: 'http://p:1', https: 'http://p:1' }],
    [{ ALL_PROXY: 'socks5://p:1' }, { http: 'socks5://p:1', https: 'socks5://p:1' }],
    [
      { all_proxy: 'p', HTTPS_PROXY: 'https://q:2' },
      { http: 'http://p', https: 'https://q:2' },
    ],
  ])('%j', (env, expected) =>
    expect(proxiesOf(env)).toEqual(expected && { ...expected, none: expect.any(String) as string }),
  );

  it.each([
    ['ftp://p:1', "HTTPS_PROXY 'ftp://p:1': use the address of an http, https or socks5 proxy"],
    ['http://me:secret@', "HTTPS_PROXY 'http://***@': use"],
    ['two words', "HTTPS_PROXY 'http://two words': use"],
  ])('%j is refused', (value, why) => {
    expect(() => proxiesOf({ HTTPS_PROXY: value })).toThrow(why);
    expect(() => proxiesOf({ HTTPS_PROXY: value })).toThrow(UsageError);
  });

  it('are not used for this machine, and for hosts without', () => {
    const { none } = proxiesOf({ HTTPS_PROXY: 'p', no_proxy: '.corp.example,10.0.0.1' })!;
    expect(none.split(',')).toEqual(
      expect.arrayContaining(['.corp.example', '10.0.0.1', 'localhost', '127.0.0.1']),
    );
  });
});

describe('the API', () => {
  const url = `http://${HOST}/stage/`;

  it('is reached through the proxy, with its links', async () => {
    const send = await proxiedFetch({ HTTP_PROXY: address('me:pass%20word@') }, TIMEOUTS);
    // Its links too go through the proxy.
    gateway.url = url;
    const service = new ApiService(url, new PhotoApi(url, { fetch: send }), send);
    await service.check(signal);
    const photo = { name: 'a.jpg', type: 'image/jpeg' as const, body: Buffer.from('one') };
    const id = await service.submit(photo, { signal, announced: () => undefined });
    const look = await service.look(id, signal);
    expect(look.status === 'done' && (await look.fetch(signal))).toEqual(coloured(Buffer.from('one')));
    expect(new Set(asked)).toEqual(new Set([`${HOST}:80 me:pass word`]));
  });

  it('is reached without it where NO_PROXY has the host', async () => {
    const env = { HTTP_PROXY: address(), NO_PROXY: HOST };
    const send = await proxiedFetch(env, TIMEOUTS);
    await expect(new PhotoApi(url, { fetch: send }).health()).rejects.toThrow(/ENOTFOUND|EAI_AGAIN/);
    expect(asked).toEqual([]);
  });
});

describe('S3', () => {
  const s3 = async (env: NodeJS.ProcessEnv) =>
    new S3Client({
      endpoint: `http://${HOST}`,
      region: 'us-east-1',
      credentials: { accessKeyId: 'AKIA', secretAccessKey: 'x' },
      forcePathStyle: true,
      maxAttempts: 1,
      requestHandler: await requestHandler(env, TIMEOUTS),
    });

  it('is reached through the proxy', async () => {
    const client = await s3({ ALL_PROXY: address() });
    // The fake has no such bucket.
    const head = client.send(new HeadBucketCommand({ Bucket: 'photos' }));
    await expect(head).rejects.toMatchObject({ name: 'NotFound' });
    expect(asked).toEqual([`${HOST}:80`]);
  });

  it('names a proxy that refuses', async () => {
    status = 407;
    const client = await s3({ HTTP_PROXY: address('me:secret@') });
    const call = awsCall('s3://photos', '', signal, () =>
      client.send(new HeadBucketCommand({ Bucket: 'photos' })),
    );
    const error = (await call.catch((one: unknown) => one)) as Error;
    expect(error).toBeInstanceOf(ProxyRefused);
    expect(error.message).toMatch(
      /^The proxy http:\/\/\*\*\*@127\.0\.0\.1:\d+ refuses .* \(HTTP 407\): it needs a user/,
    );
  });
});

it('the command names a proxy that refuses, at once', async () => {
  status = 403;
  const folder = new Folder().write({ 'a.jpg': 'one' });
  const args = ['colour', 'a.jpg', '--url', `https://${HOST}/`];
  const ended = await command(folder.path, args, { HTTPS_PROXY: address(), https_proxy: undefined });
  expect(ended).toMatchObject({ code: 1, out: '' });
  expect(ended.err).toMatch(
    /^The proxy http:\/\/127\.0\.0\.1:\d+ refuses the connection \(HTTP 403\)\. Hosts in NO_PROXY/,
  );
  const wrong = await command(folder.path, args, { HTTPS_PROXY: 'ftp://x', https_proxy: undefined });
  expect(wrong).toMatchObject({ code: 2, out: '' });
  folder.remove();
});
