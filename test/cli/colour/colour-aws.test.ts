/** `ddcolor-elastic colour` with AWS credentials: to a bucket, and to an API that requires signatures. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CloudFormationClient,
  CreateStackCommand,
  waitUntilStackCreateComplete,
} from '@aws-sdk/client-cloudformation';
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { regionOf } from '../../../cli/colour/service/sign.ts';
import { failedKey, INCOMING, resultKey } from '../../../contract/keys.ts';
import { ACCOUNT, clientConfig, REGION } from '../../../common/environment.ts';
import { Scope } from '../../../common/scope.ts';
import { coloured, FakeGateway } from '../../client/support/gateway.ts';
import { startLocalAws } from '../../support/local-aws.ts';
import { until } from '../../support/wait.ts';
import { command, Folder, objects, start } from '../support/command.ts';
import { isSigned } from '../support/signature.ts';
import { corpusTests } from '../../corpus/command-suite.ts';

const scope = new Scope();
let s3: S3Client;
let env: NodeJS.ProcessEnv;
let folder: Folder;
beforeAll(async () => {
  const endpoint = await startLocalAws('cli-aws-test', scope);
  s3 = new S3Client({ ...clientConfig(endpoint), forcePathStyle: true });
  env = {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: ACCOUNT,
    AWS_SECRET_ACCESS_KEY: clientConfig(endpoint).credentials.secretAccessKey,
    AWS_REGION: REGION,
  };
}, 60_000);
afterAll(() => scope.close());
beforeEach(() => (folder = new Folder()));
afterEach(() => folder.remove());

const keys = async (Bucket: string) => {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: INCOMING }));
  return Contents.map(({ Key = '' }) => Key);
};

/** Writes an outcome for each photo, as a worker does. @returns a function that stops it */
function work(Bucket: string, broken: (key: string) => boolean, held: () => boolean): () => Promise<void> {
  let going = true;
  const ended = new Set<string>();
  const put = (Key: string, Body: string | Buffer) => s3.send(new PutObjectCommand({ Bucket, Key, Body }));
  const loop = async () => {
    while (going) {
      for (const key of held() ? [] : (await keys(Bucket)).filter((one) => !ended.has(one))) {
        ended.add(key);
        const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: key }));
        const body = Buffer.from((await Body?.transformToByteArray()) ?? []);
        const failure = { code: 'unreadable-image', message: 'Damaged.', retryable: false, key, etag: 'x' };
        if (broken(key)) await put(failedKey(key), JSON.stringify(failure));
        else await put(resultKey(key), coloured(body));
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const running = loop();
  return async () => {
    going = false;
    await running;
  };
}

describe('photos in a bucket', () => {
  it('get their results or failures, also when the command is interrupted and run again', async () => {
    const Bucket = 'cli-photos';
    await s3.send(new CreateBucketCommand({ Bucket }));
    const files = Object.fromEntries(
      Array.from({ length: 12 }, (_, k) => [`album/${k % 2}/Grüße ${k} +%.jpg`, `photo ${k}`]),
    );
    folder.write({ ...files, 'album/broken.jpg': 'broken' });
    let held = true;
    const stop = work(
      Bucket,
      (key) => key.includes('broken'),
      () => held,
    );
    const args = ['colour', 'album', '--bucket', Bucket];
    const running = start(folder.path, args, env);
    await until(
      () => keys(Bucket),
      ({ length }) => length === 13,
    );
    running.process.kill('SIGINT');
    const first = await running.ended;
    expect(first).toMatchObject({ code: 130, err: '' });
    expect(first.out).toContain('13 photos: 0 coloured, 0 failed, 13 open.');
    held = false;
    const second = await command(folder.path, [...args, '--json'], env);
    await stop();
    expect(second).toMatchObject({ code: 1, err: '' });
    expect(objects(second).at(-1)).toMatchObject({ succeeded: 12, failed: 1, bytesSent: 0 });
    expect(objects(second)).toContainEqual(
      expect.objectContaining({ name: 'broken.jpg', code: 'unreadable-image', message: 'Damaged.' }),
    );
    for (const [path, body] of Object.entries(files)) {
      const result = readFileSync(join(folder.path, 'coloured', path.replace('album/', '')));
      expect(result).toEqual(coloured(Buffer.from(body)));
    }
    const sent = await keys(Bucket);
    expect(sent).toHaveLength(13);
    for (const key of sent) expect(key).toMatch(/^incoming\/cli\/[\w-]{22}\/(Grüße \d+ __|broken)\.jpg$/);
  });

  it('are sent to the bucket of the named stage', async () => {
    const cloudformation = new CloudFormationClient(clientConfig(env.AWS_ENDPOINT_URL ?? ''));
    const template = {
      Resources: { Photos: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'cli-of-stage' } } },
      Outputs: { BucketName: { Value: { Ref: 'Photos' } } },
    };
    const StackName = 'DDColorElastic-dev';
    await cloudformation.send(new CreateStackCommand({ StackName, TemplateBody: JSON.stringify(template) }));
    await waitUntilStackCreateComplete(
      { client: cloudformation, maxWaitTime: 30, minDelay: 1 },
      { StackName },
    );
    const stop = work(
      'cli-of-stage',
      () => false,
      () => false,
    );
    folder.write({ 'a.jpg': 'one' });
    const ended = await command(folder.path, ['colour', 'a.jpg', '--stage', 'dev'], env);
    await stop();
    expect(ended).toMatchObject({ code: 0, err: '' });
    expect(readFileSync(join(folder.path, 'coloured', 'a.jpg'))).toEqual(coloured(Buffer.from('one')));
  });

  it('is a wrong command line without a region', async () => {
    folder.write({ 'a.jpg': 'one' });
    const nowhere = { ...env, AWS_REGION: undefined, HOME: folder.path, AWS_CONFIG_FILE: '/dev/null' };
    const ended = await command(folder.path, ['colour', 'a.jpg', '--bucket', 'photos'], nowhere);
    expect(ended).toMatchObject({ code: 2, out: '' });
    expect(ended.err).toContain('error: Which region? Add --region, or set AWS_REGION.');
  });

  it.each([
    [
      ['--stage', 'prod'],
      {},
      "--stage 'prod': there is no stack DDColorElastic-prod in this account and region.\n",
    ],
    [['--bucket', 'there-is-none'], {}, 's3://there-is-none: there is no such bucket.\n'],
    [
      ['--bucket', 'photos'],
      { AWS_ACCESS_KEY_ID: undefined, AWS_EC2_METADATA_DISABLED: 'true' },
      /Sign in to AWS first/,
    ],
  ])('fails for %s with %j, with the reason', async (args, more, said) => {
    folder.write({ 'a.jpg': 'one' });
    // Keeps the developer's own AWS configuration out.
    const nothing = {
      HOME: folder.path,
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    };
    const ended = await command(folder.path, ['colour', 'a.jpg', ...args], { ...env, ...nothing, ...more });
    expect(ended).toMatchObject({ code: 1, out: '' });
    expect(ended.err).toEqual(typeof said === 'string' ? said : expect.stringMatching(said));
  });
});

describe('an API that requires signatures', () => {
  it.each([
    ['of a user', {}],
    ['of a role', { AWS_SESSION_TOKEN: 'session' }],
  ])('accepts requests signed with the credentials %s', async (_name, more) => {
    const secret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
    const expected = { secret, region: 'eu-central-1', service: 'execute-api' };
    const session = 'AWS_SESSION_TOKEN' in more ? more.AWS_SESSION_TOKEN : undefined;
    const gateway = await FakeGateway.start({
      allows: (request, body) =>
        isSigned(request, body, expected) && request.headers['x-amz-security-token'] === session,
    });
    folder.write({ 'a.jpg': 'one' });
    const args = ['colour', 'a.jpg', '--url', gateway.url, '--sign', '--region', 'eu-central-1'];
    const keysOf = (key: string) => ({
      AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
      AWS_SECRET_ACCESS_KEY: key,
      ...more,
    });
    const wrong = await command(folder.path, args, keysOf('other'));
    expect(wrong.code).toBe(1);
    expect(wrong.out).toContain('Credentials are missing or not accepted. (unauthorized)');
    expect(await command(folder.path, args, keysOf(secret))).toMatchObject({ code: 0, err: '' });
    await gateway.close();
  });

  it.each([
    ['https://abc123.execute-api.us-east-1.amazonaws.com/', 'us-east-1'],
    ['https://abc123.execute-api.cn-north-1.amazonaws.com.cn/x/', 'cn-north-1'],
    ['https://photos.example/', undefined],
  ])('%s has the region %s', (url, region) => expect(regionOf(url)).toBe(region));
});

describe('the corpus', () => corpusTests(() => ({ s3, env })));
