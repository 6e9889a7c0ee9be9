/** `smoke`: a photo through a stage, checked and removed again, with the permissions of its role only. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp, { type Color } from 'sharp';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { smoke, type SmokeBucket, type SmokePorts } from '../../../cli/smoke/run.ts';
import {
  defectOf,
  measurePicture,
  meanChroma,
  MIN_CHROMA,
  type Picture,
} from '../../../cli/smoke/picture.ts';
import { exitCode, smokeLines } from '../../../cli/smoke/text.ts';
import { Interrupted, UserError } from '../../../common/errors.ts';
import { testClock } from '../../client/support/clock.ts';
import { storeError } from '../../client/support/gateway.ts';
import { until } from '../../support/wait.ts';
import { command, Folder, start } from '../support/command.ts';

const [WIDTH, HEIGHT] = [60, 40];
const plain = (background: Color, width = WIDTH, height = HEIGHT) =>
  sharp({ create: { width, height, channels: 3, background } })
    .jpeg()
    .toBuffer();
let grey: Buffer;
let inColour: Buffer;
beforeAll(async () => {
  grey = await plain({ r: 120, g: 120, b: 120 });
  inColour = await plain({ r: 170, g: 110, b: 80 });
});

describe('a picture', () => {
  it.each([
    ['black', [0, 0, 0], 0],
    ['grey', [119, 119, 119], 0],
    // Lab of sRGB's red and blue.
    ['red', [255, 0, 0], 104.55],
    ['blue', [0, 0, 255], 133.81],
  ])('of %s has its mean chroma', (_name, pixel, chroma) =>
    expect(meanChroma(Uint8Array.from([...pixel, ...pixel]))).toBeCloseTo(chroma, 1),
  );

  it('is measured upright', async () => {
    const rotated = await sharp(grey).withMetadata({ orientation: 6 }).toBuffer();
    expect(await measurePicture('x', rotated)).toMatchObject({ width: HEIGHT, height: WIDTH });
    expect((await measurePicture('x', grey)).chroma).toBeLessThan(1);
    expect((await measurePicture('x', inColour)).chroma).toBeGreaterThan(MIN_CHROMA);
  });

  it('may have one channel, or opacity', async () => {
    const one = await sharp(grey).toColourspace('b-w').png().toBuffer();
    expect(await measurePicture('x', one)).toEqual({
      width: WIDTH,
      height: HEIGHT,
      chroma: expect.closeTo(0, 3) as number,
    });
    const four = await sharp(inColour).ensureAlpha(0.5).png().toBuffer();
    expect((await measurePicture('x', four)).chroma).toBeCloseTo(
      (await measurePicture('x', inColour)).chroma,
      0,
    );
  });

  it('fails when it cannot be read', async () => {
    await expect(measurePicture("'a.jpg'", Buffer.from('no'))).rejects.toThrow(UserError);
    await expect(measurePicture("'a.jpg'", Buffer.from('no'))).rejects.toThrow(
      "'a.jpg' is not a picture that can be read",
    );
  });

  const seen = (more: Partial<Picture> = {}): Picture => ({ width: 60, height: 40, chroma: 12, ...more });
  it.each([
    [seen(), undefined],
    [seen({ chroma: MIN_CHROMA }), undefined],
    [seen({ chroma: 2.94 }), 'The result is not in colour: its mean chroma is 2.9, below 3.'],
    [seen({ width: 40, height: 60 }), 'The result has 40 x 60 pixels, the photo 60 x 40.'],
  ])('%j as a result has the defect %j', (result, wanted) =>
    expect(defectOf(seen({ chroma: 0 }), result)).toBe(wanted),
  );
});

const failure = (code: string, more: object = {}) =>
  JSON.stringify({ code, message: 'Damaged.', retryable: false, key: 'incoming/x', etag: 'x', ...more });

/** A bucket with a worker. @param at objects that appear at a read, by its number */
class Bucket implements SmokeBucket {
  readonly objects = new Map<string, Buffer>();
  private looks = 0;

  constructor(private readonly at: Record<number, () => { key: string; body: Buffer | string }[]> = {}) {}

  async put(key: string, body: Buffer): Promise<void> {
    this.objects.set(key, body);
  }

  async get(key: string): Promise<Buffer | undefined> {
    for (const one of this.at[++this.looks]?.() ?? []) this.objects.set(one.key, Buffer.from(one.body));
    return this.objects.get(key);
  }

  async delete(key: string): Promise<void> {
    this.objects.delete(key);
  }
}

const KEY = 'incoming/smoke/id/a.jpg';
const RESULT = 'results/smoke/id/a.jpg';
const FAILED = 'failed/smoke/id/a.jpg.json';
const put = (key: string, body: () => Buffer | string) => () => [{ key, body: body() }];

async function through(bucket: SmokeBucket, timeoutSeconds = 60, more: Partial<SmokePorts> = {}) {
  const picture = await measurePicture('x', grey);
  const ports = {
    bucket,
    measurePicture,
    clock: testClock(),
    signal: new AbortController().signal,
    onWait: () => undefined,
  };
  return smoke({ id: 'id', name: 'a.jpg', body: grey, picture }, timeoutSeconds, { ...ports, ...more });
}

describe('a photo', () => {
  it.each<[string, Record<number, () => { key: string; body: Buffer | string }[]>, string, number]>([
    ['coloured at once', { 1: put(RESULT, () => inColour) }, 'succeeded', 0],
    ['coloured later', { 9: put(RESULT, () => inColour) }, 'succeeded', 0],
    [
      'coloured after a failure record',
      { 2: put(FAILED, () => failure('retries-exhausted')), 9: put(RESULT, () => inColour) },
      'succeeded',
      0,
    ],
    ['still grey', { 3: put(RESULT, () => grey) }, 'wrong', 1],
    ['no picture', { 3: put(RESULT, () => 'x') }, 'wrong', 1],
    ['refused', { 4: put(FAILED, () => failure('unreadable-image')) }, 'failed', 1],
    ['refused with an empty record', { 4: put(FAILED, () => '{}') }, 'failed', 1],
    ['out of attempts', { 4: put(FAILED, () => failure('retries-exhausted', { attempts: 5 })) }, 'failed', 1],
    ['in its last attempt for long', { 4: put(FAILED, () => failure('retries-exhausted')) }, 'failed', 1],
    ['without an outcome', {}, 'timed-out', 3],
  ])('that is %s is reported, and its outcome is deleted', async (_name, at, outcome, exit) => {
    const bucket = new Bucket(at);
    const result = await through(bucket);
    expect(result.verdict.outcome).toBe(outcome);
    expect(exitCode(result)).toBe(exit);
    expect(result.key).toBe(KEY);
    // The role of the smoke test may not delete the photo.
    expect([...bucket.objects.keys()]).toEqual([KEY]);
  });

  it('is reported with the seconds of each phase', async () => {
    const { phases } = await through(new Bucket({ 9: put(RESULT, () => inColour) }));
    expect(phases).toEqual({ upload: 0, wait: 8, check: 0 });
  });

  it('has its outcome deleted on an interrupt', async () => {
    const abort = new AbortController();
    const bucket = new Bucket({ 2: put(FAILED, () => failure('retries-exhausted')) });
    const onWait = () => abort.abort(new Interrupted());
    await expect(through(bucket, 60, { signal: abort.signal, onWait })).rejects.toThrow(Interrupted);
    expect([...bucket.objects.keys()]).toEqual([KEY]);
  });

  it('is reported with the objects that could not be deleted', async () => {
    const bucket = new Bucket({ 1: put(RESULT, () => inColour) });
    bucket.delete = (key) => (key === RESULT ? Promise.reject(new Error('no')) : Promise.resolve());
    const result = await through(bucket);
    expect(result).toMatchObject({ verdict: { outcome: 'succeeded' }, left: [RESULT] });
    const seen = await measurePicture('x', inColour);
    const lines = smokeLines({ ...result, bucket: 'photos', photo: seen, timeoutSeconds: 60 });
    expect(lines).toContain(`  Not deleted: s3://photos/${RESULT}`);
    expect(lines).toContainEqual(expect.stringMatching(/^ {2}The photo itself is in colour/));
  });
});

describe('with the least permissions, the command', () => {
  const folder = new Folder();
  let server: Server | undefined;
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
  });
  afterAll(() => folder.remove());

  /** The requests that the policy of the smoke role allows. */
  const MAY: [method: string, path: RegExp][] = [
    ['PUT', /^\/photos\/incoming\/smoke\/[\w-]{22}\/[^/]+$/],
    ['GET', /^\/photos\/(results|failed)\/smoke\/[\w-]{22}\/[^/]+$/],
    ['DELETE', /^\/photos\/(results|failed)\/smoke\/[\w-]{22}\/[^/]+$/],
  ];

  /** An S3 that responds 403 to everything else, and for objects that do not exist. */
  async function s3(result: (gets: number) => Buffer | undefined, mayPut = true) {
    const calls: string[] = [];
    let gets = 0;
    server = createServer((request, response) => {
      const { method = '', url = '' } = request;
      const { pathname } = new URL(url, 'http://s3');
      request.resume().on('end', () => {
        const may = MAY.some(([one, path]) => one === method && path.test(pathname));
        calls.push(may ? `${method} ${pathname.split('/')[2]}` : `FORBIDDEN ${method} ${url}`);
        const isResult = method === 'GET' && pathname.startsWith('/photos/results/');
        const body = isResult ? result(++gets) : undefined;
        if (body) response.writeHead(200).end(body);
        else if (may && method === 'DELETE') response.writeHead(204).end();
        else if (may && method === 'PUT' && mayPut) response.writeHead(200, { etag: '"x"' }).end();
        else response.writeHead(403).end(storeError('AccessDenied', 'Access Denied'));
      });
    });
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    const env = {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      ...{ AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x', AWS_REGION: 'us-east-1' },
    };
    return { env, calls };
  }

  const args = ['smoke', 'a photo +1.jpg', '--bucket', 'photos'];
  beforeAll(() => writeFileSync(join(folder.path, 'a photo +1.jpg'), grey));

  it('waits for a result although S3 responds 403 until it exists', async () => {
    const { env, calls } = await s3((gets) => (gets > 1 ? inColour : undefined));
    const ended = await command(folder.path, [...args, '--json'], env);
    expect(ended).toMatchObject({ code: 0, err: '' });
    expect(JSON.parse(ended.out)).toMatchObject({
      ...{
        command: 'smoke',
        stage: 'dev',
        region: 'us-east-1',
        bucket: 'photos',
        outcome: 'succeeded',
        exit: 0,
      },
      key: expect.stringMatching(/^incoming\/smoke\/[\w-]{22}\/a photo _1\.jpg$/) as string,
      ...{ photo: { width: WIDTH, height: HEIGHT }, result: { width: WIDTH, height: HEIGHT }, left: [] },
    });
    expect(calls.filter((call) => call.startsWith('FORBIDDEN'))).toEqual([]);
    expect(calls.slice(-2).sort()).toEqual(['DELETE failed', 'DELETE results']);
  });

  it('names the missing permission when it may not upload', async () => {
    const { env } = await s3(() => undefined, false);
    expect(await command(folder.path, args, env)).toEqual({
      code: 1,
      out: '',
      err: 's3://photos: AccessDenied. Your AWS identity needs s3:PutObject on incoming/smoke/*.\n',
    });
  });

  it('exits with 3 after its time limit', async () => {
    const { env, calls } = await s3(() => undefined);
    const ended = await command(folder.path, [...args, '--timeout', '1s'], env);
    expect(ended).toMatchObject({ code: 3, err: '' });
    expect(ended.out).toContain('No outcome within 1 s.');
    expect(calls.filter((call) => call.startsWith('FORBIDDEN'))).toEqual([]);
  });

  it('deletes the outcome on an interrupt', async () => {
    const { env, calls } = await s3(() => undefined);
    const running = start(folder.path, args, env);
    await until(
      () => calls,
      (all) => all.includes('GET failed'),
    );
    running.process.kill('SIGINT');
    expect(await running.ended).toMatchObject({ code: 130, err: 'Interrupted.\n' });
    expect(calls.slice(-2).sort()).toEqual(['DELETE failed', 'DELETE results']);
  });

  it.each([
    [['smoke'], "missing required argument 'photo'"],
    [['smoke', 'none.jpg'], "'none.jpg' cannot be read"],
    [['smoke', 'notes.txt'], "'notes.txt' is not a picture that can be read"],
    [['smoke', 'a photo +1.jpg', '--timeout', '15'], 'Expected a time such as 90s'],
  ])('rejects the command line %j', async (line, said) => {
    folder.write({ 'notes.txt': 'x' });
    const ended = await command(folder.path, line);
    expect(ended).toMatchObject({ code: 2, out: '' });
    expect(ended.err).toContain(said);
  });
});
