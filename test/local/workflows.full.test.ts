/**
 * Several workflows on one fleet of the deployed local stack: photos of each, and of a chain, over S3 and the API, with ComfyUI restarted
 * in between. Each photo has one outcome, of the workflow that it named. With `FULL` set: it deploys a stage of its own.
 */
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import sharp from 'sharp';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scalerMemoryOf } from '../../cli/shared/scaler-memory.ts';
import { readItem } from '../../cli/shared/table.ts';
import { ColouringClient } from '../../client/colouring-client.ts';
import { localPath } from '../../common/environment.ts';
import { Scope } from '../../common/scope.ts';
import { readFailure } from '../../contract/failure.ts';
import { ensureVenv } from '../../local/aws/venv.ts';
import { cdk, deploy } from '../../local/aws/deploy.ts';
import { applyTemplateSettings } from '../../local/aws/template-settings.ts';
import type { StartedProcess } from '../../local/fleet/launcher.ts';
import { startStack, type LocalStack } from '../../local/run/stack.ts';
import type { StageConfig } from '../../lib/stage/stage.ts';

const STACK = 'DDColorElastic-local';
const APP = 'node --import tsx test/local/support/changed-stage.ts';
const CHANGE: StageConfig = { otherWorkflows: ['upscale', 'ddcolor+upscale'] };
const WORKFLOWS = [undefined, 'upscale', 'ddcolor+upscale'] as const;
const EACH = 8;
const [WIDTH, HEIGHT] = [120, 80];
const abort = new AbortController().signal;
const scope = new Scope();
const comfyuis: StartedProcess[] = [];
let stack: LocalStack;
let bucket: string;

const photo = (k: number) =>
  sharp(
    Uint8Array.from({ length: WIDTH * HEIGHT }, (_, i) => 30 + ((i * (7 + k)) % 190)),
    { raw: { width: WIDTH, height: HEIGHT, channels: 1 } },
  )
    .toColourspace('b-w')
    .png()
    .toBuffer();

const put = async (name: string, k: number, workflow: string | undefined) =>
  stack.s3.send(
    new PutObjectCommand({
      Bucket: bucket,
      Key: `incoming/${name}`,
      Body: await photo(k),
      ContentType: 'image/png',
      ...(workflow !== undefined && { Metadata: { workflow } }),
    }),
  );

const get = async (Key: string) => {
  const { Body } = await stack.s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
};

async function outcomes(): Promise<string[]> {
  const listed = await Promise.all(
    ['results/', 'failed/'].map((Prefix) =>
      stack.s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix })),
    ),
  );
  return listed.flatMap(({ Contents = [] }) => Contents.map(({ Key }) => Key ?? '')).sort();
}

async function untilOutcomes(count: number): Promise<string[]> {
  for (;;) {
    const keys = await outcomes();
    if (keys.length >= count) return keys;
    await sleep(500);
  }
}

const memory = async () =>
  scalerMemoryOf(
    await readItem(DynamoDBDocumentClient.from(stack.dynamo), stack.outputs.TableName ?? '', abort),
  );

beforeAll(async () => {
  const python = await ensureVenv(abort, console.log);
  stack = await startStack({
    ...{ stage: 'local', comfyui: undefined, python, abort, scope },
    ...{ say: () => undefined, onWorkerLine: () => undefined, standInSeconds: 0.2 },
    onProcess: (started) => void (started.what === 'comfyui' && comfyuis.push(started)),
  });
  const assembly = localPath('workflows.out');
  const env = { STAGE_CHANGE: JSON.stringify(CHANGE) };
  await cdk(stack.endpoint, ['synth', '--quiet', '--app', APP, '--output', assembly], abort, { env });
  await deploy(stack.endpoint, assembly, abort);
  await applyTemplateSettings(stack.endpoint, STACK, stack.agent);
  bucket = stack.outputs.BucketName ?? '';
}, 600_000);
afterAll(() => scope.close());

describe('photos of several workflows', { timeout: 300_000 }, () => {
  it('have one outcome each, of their own workflow, though ComfyUI is restarted in between', async () => {
    const photos = WORKFLOWS.flatMap((workflow) =>
      Array.from({ length: EACH }, (_, k) => ({
        workflow,
        k, // The local bucket's events have a '+' of a key as it is, which S3 encodes.
        name: `${workflow?.replace('+', '-') ?? 'own'}-${k}.png`,
      })),
    );
    // Mixed, as they would come.
    photos.sort((a, b) => a.k - b.k);
    await Promise.all(photos.map(({ name, k, workflow }) => put(name, k, workflow)));
    await put('unknown.png', 0, 'anime');
    await untilOutcomes(4);
    const killed = comfyuis.at(-1)!;
    killed.child.process.kill('SIGKILL');
    const keys = await untilOutcomes(photos.length + 1);
    await sleep(3000);
    expect(await outcomes()).toEqual(keys);
    expect(keys).toEqual([...photos.map(({ name }) => `results/${name}`), 'failed/unknown.png.json'].sort());
    expect(comfyuis.filter(({ instanceId }) => instanceId === killed.instanceId).length).toBeGreaterThan(1);
    for (const { name, workflow } of photos) {
      const { width, height } = await sharp(await get(`results/${name}`)).metadata();
      const scale = workflow === undefined ? 1 : 2;
      expect([name, width, height]).toEqual([name, scale * WIDTH, scale * HEIGHT]);
    }
    expect(readFailure((await get('failed/unknown.png.json')).toString())).toMatchObject({
      code: 'bad-option',
      message: "The workflow is 'anime'; allowed is ddcolor, upscale, ddcolor+upscale.",
      retryable: false,
    });
  });

  it('are what the scaler knows of the mix', async () => {
    for (let mix; ; await sleep(1000)) {
      mix = (await memory()).policy.slo?.flow?.mix ?? {};
      const started = Object.fromEntries(Object.entries(mix).map(([name, one]) => [name, one.started > 0]));
      if (Object.values(started).filter(Boolean).length < WORKFLOWS.length) continue;
      expect(started).toEqual({ ddcolor: true, upscale: true, 'ddcolor+upscale': true });
      for (const { completed, busySeconds } of Object.values(mix)) {
        expect(completed).toBeGreaterThan(0);
        expect(busySeconds).toBeGreaterThan(0);
      }
      return;
    }
  });

  it('are announced over the API, which names the workflows that a photo may have', async () => {
    const client = new ColouringClient({ url: stack.apiUrl ?? '' });
    const body = await photo(99);
    const id = await client.submit(
      { name: 'a.png', type: 'image/png', body },
      { workflow: 'ddcolor+upscale' },
    );
    const outcome = await client.outcome(id);
    if (outcome.status !== 'succeeded') throw new Error(outcome.message);
    const result = await (await client.download(outcome)).arrayBuffer();
    expect(await sharp(Buffer.from(result)).metadata()).toMatchObject({
      width: 2 * WIDTH,
    });
    await expect(
      client.submit({ name: 'a.png', type: 'image/png', body }, { workflow: 'anime' }),
    ).rejects.toMatchObject({
      code: 'bad-option',
      message: "The workflow is 'anime'; allowed is ddcolor, upscale, ddcolor+upscale.",
    });
  });
});
