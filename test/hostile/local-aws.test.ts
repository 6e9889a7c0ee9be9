/** What the local AWS serves: requests signed with the secret of its run, and the gateway. Of a page, links that are signed. */
import { createHash, createHmac } from 'node:crypto';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientConfig } from '../../common/environment.ts';
import { Scope } from '../../common/scope.ts';
import { startLocalAws } from '../support/local-aws.ts';
import { signedFetch } from '../support/signed-fetch.ts';
import { raw } from './support/raw.ts';

const scope = new Scope();
let endpoint: string;
let port: number;
let s3: S3Client;
const object = { Bucket: 'photos', Key: 'Grüße/a+b (1).html' };

beforeAll(async () => {
  endpoint = await startLocalAws('hostile-test', scope);
  port = Number(new URL(endpoint).port);
  s3 = new S3Client({ ...clientConfig(endpoint), forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: object.Bucket }));
  const Body = '<script>fetch("/2015-03-31/functions")</script>';
  await s3.send(new PutObjectCommand({ ...object, Body, ContentType: 'text/html' }));
});
afterAll(() => scope.close());

const FUNCTIONS = '/2015-03-31/functions';
const credential = 'Credential=000000000000/20260101/us-east-1/lambda/aws4_request';
const authorized = (rest: string) => `Authorization: AWS4-HMAC-SHA256 ${rest}`;
const GATEWAY = '/_aws/execute-api/abc/$default';

describe('the local AWS refuses', () => {
  it.each<[name: string, line: string, headers: string[]]>([
    ['an unsigned request', `GET ${FUNCTIONS}`, []],
    ['to reset', 'POST /_ministack/reset', ['Content-Length: 0']],
    ['to read its configuration', 'GET /_ministack/config', []],
    ['the credentials of its metadata service', 'GET /latest/meta-data/iam/security-credentials/', []],
    ['an object to anyone', 'GET /photos/a.jpg', []],
    ['an action in the query', 'GET /?Action=ListQueues', []],
    ['an action of a JSON protocol', 'POST /', ['X-Amz-Target: AmazonSQS.ListQueues', 'Content-Length: 0']],
    ['the URL of a function', 'GET /_aws/lambda-url/abc/', []],
    ['a path that only looks like the gateway', 'GET /_aws/execute-api/abc', []],
    ['the same with an action', 'GET /_aws/execute-api/abc?Action=ListQueues', []],
    ['another service at the path of the gateway', `GET ${GATEWAY}/`, ['X-Amz-Target: AmazonSQS.ListQueues']],
    [
      'an account without a signature',
      `GET ${FUNCTIONS}`,
      [authorized(`${credential}, SignedHeaders=host, Signature=`)],
    ],
    [
      'a signature that is none',
      `GET ${FUNCTIONS}`,
      [authorized(`${credential}, SignedHeaders=host, Signature=none`)],
    ],
    [
      'a signature without the Host',
      `GET ${FUNCTIONS}`,
      [authorized(`${credential}, SignedHeaders=, Signature=0`)],
    ],
    ['a scope of nothing', `GET ${FUNCTIONS}`, [authorized('Credential=/, SignedHeaders=host, Signature=0')]],
    ['a signature of version 2', `GET ${FUNCTIONS}`, ['Authorization: AWS 000000000000:c2lnbmF0dXJl']],
    ['a bearer token', `GET ${FUNCTIONS}`, ['Authorization: Bearer abc']],
    ['a signature in the query that is none', `GET ${FUNCTIONS}?X-Amz-Signature=none`, []],
    [
      'a key of version 2 in the query',
      '/photos/a.jpg?AWSAccessKeyId=000000000000&Signature=a'.replace(/^/, 'GET '),
      [],
    ],
  ])('%s', async (_, line, headers) => {
    const { status, text } = await raw(port, `${line} HTTP/1.1`, [`Host: 127.0.0.1:${port}`, ...headers]);
    expect(status).toBe(403);
    expect(text).toContain('Refused: the request is not signed with the credentials of this run.');
  });

  it('another secret, in every form of request', async () => {
    const config = { ...clientConfig(endpoint), maxAttempts: 1 };
    const credentials = { ...config.credentials, secretAccessKey: 'local' };
    const [strangerS3, strangerSqs] = [
      new S3Client({ ...config, credentials, forcePathStyle: true }),
      new SQSClient({ ...config, credentials }),
    ];
    await expect(strangerS3.send(new GetObjectCommand(object))).rejects.toThrow();
    await expect(strangerSqs.send(new ListQueuesCommand())).rejects.toThrow(
      'is not signed with the credentials',
    );
    expect((await fetch(await getSignedUrl(strangerS3, new GetObjectCommand(object)))).status).toBe(403);
  });

  it('a signed request that was changed', async () => {
    const link = new URL(await getSignedUrl(s3, new GetObjectCommand(object)));
    link.pathname = '/photos/another.html';
    expect((await fetch(link)).status).toBe(403);
    link.pathname = FUNCTIONS;
    expect((await fetch(link)).status).toBe(403);
  });
});

describe("a page at the gateway's origin", () => {
  const pageHeaders = () => [
    `Host: 127.0.0.1:${port}`,
    `Origin: http://127.0.0.1:${port}`,
    'Sec-Fetch-Site: same-origin',
    'Sec-Fetch-Mode: cors',
    'Sec-Fetch-Dest: empty',
  ];
  const fromPage = (method: string, path: string, ...headers: string[]) =>
    raw(port, `${method} ${path} HTTP/1.1`, [...pageHeaders(), ...headers]);

  it('may call the gateway, and use a link', async () => {
    expect((await fromPage('GET', `${GATEWAY}/photos/x`)).status).toBe(404);
    const { pathname, search } = new URL(await getSignedUrl(s3, new GetObjectCommand(object)));
    expect((await fromPage('GET', pathname + search)).status).toBe(200);
  });

  it.each([
    ['GET', FUNCTIONS],
    ['POST', FUNCTIONS],
    ['GET', '/_ministack/health'],
    ['GET', '/photos/a.jpg'],
    ['POST', '/_ministack/reset'],
  ])('may not send %s %s', async (method, path) => {
    const { status, text } = await fromPage(method, path, 'Content-Length: 0');
    expect(status).toBe(403);
    expect(text).toContain('a page may send requests to the gateway and by presigned links only.');
  });

  it('opens an uploaded page without its scripts', async () => {
    const { pathname, search } = new URL(await getSignedUrl(s3, new GetObjectCommand(object)));
    const { text } = await raw(port, `GET ${pathname}${search} HTTP/1.1`, [
      `Host: 127.0.0.1:${port}`,
      'Sec-Fetch-Site: none',
      'Sec-Fetch-Mode: navigate',
      'Sec-Fetch-Dest: document',
    ]);
    expect(text).toMatch(/^HTTP\/1.1 200.*content-security-policy: default-src 'none'.*sandbox\r\n/is);
  });
});

describe('a link of another site', () => {
  const navigation = ['Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: document'];
  it.each([
    ["opens the gateway's page, as a sign-in does", 'GET', `${GATEWAY}/?code=a&state=b`, 404],
    ['opens nothing else of the gateway', 'GET', `${GATEWAY}/photos`, 403],
    ['sends it no form', 'POST', `${GATEWAY}/`, 403],
    ['opens no object', 'GET', '/photos/a.html', 403],
  ])('%s', async (_, method, path, status) => {
    const headers = [`Host: 127.0.0.1:${port}`, ...navigation, 'Content-Length: 0'];
    expect((await raw(port, `${method} ${path} HTTP/1.1`, headers)).status).toBe(status);
  });
});

describe('the local AWS serves', () => {
  it('its health check', async () => {
    expect((await fetch(`${endpoint}/_ministack/health`)).status).toBe(200);
  });

  it('what the SDK signs, and its links', async () => {
    expect((await s3.send(new GetObjectCommand(object))).$metadata.httpStatusCode).toBe(200);
    expect((await fetch(await getSignedUrl(s3, new GetObjectCommand(object)))).status).toBe(200);
    await new SQSClient(clientConfig(endpoint)).send(new ListQueuesCommand());
    const request = { service: 'lambda', path: FUNCTIONS, method: 'GET' as const };
    expect((await signedFetch(endpoint, request)).status).toBe(200);
  });

  it.each([
    ['a body whose hash is in no header, as the AWS command line sends it', '{}', 200],
    ['no other body with that signature', '{"QueueNamePrefix":"a"}', 403],
  ])('%s', async (_, body, status) => {
    const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
    const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
    const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
    const scoped = [time.slice(0, 8), 'us-east-1', 'sqs', 'aws4_request'];
    const names = 'host;x-amz-date;x-amz-target';
    const headers = { 'x-amz-date': time, 'x-amz-target': 'AmazonSQS.ListQueues' };
    const lines = [`host:127.0.0.1:${port}`, ...Object.entries(headers).map((pair) => pair.join(':'))];
    const canonical = ['POST', '/', '', ...lines, '', names, sha256('{}')].join('\n');
    const { accessKeyId, secretAccessKey } = clientConfig(endpoint).credentials;
    const key = scoped.reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`);
    const text = ['AWS4-HMAC-SHA256', time, scoped.join('/'), sha256(canonical)].join('\n');
    const signature = hmac(key, text).toString('hex');
    const authorization = `AWS4-HMAC-SHA256 Credential=${[accessKeyId, ...scoped].join('/')}, SignedHeaders=${names}, Signature=${signature}`;
    const sent = { ...headers, 'content-type': 'application/x-amz-json-1.0', authorization };
    expect((await fetch(endpoint, { method: 'POST', headers: sent, body })).status).toBe(status);
  });
});
