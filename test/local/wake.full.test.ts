/**
 * A photo that meets a sleeping fleet, on the deployed local stack: the bucket's own event starts the scaler's run, and an instance is
 * requested within 3 s although the next tick is half a minute away. When the last instance goes is learned, and `explain` says why.
 * With `FULL` set: it waits for a fleet to fall asleep.
 */
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stages } from '../../bin/stages.ts';
import { explain } from '../../cli/explain/explanation.ts';
import { scalerMemoryOf } from '../../cli/shared/scaler-memory.ts';
import { readItem } from '../../cli/shared/table.ts';
import { localPath } from '../../common/environment.ts';
import { Scope } from '../../common/scope.ts';
import { ensureVenv } from '../../local/aws/venv.ts';
import { cdk, deploy } from '../../local/aws/deploy.ts';
import { applyTemplateSettings } from '../../local/aws/template-settings.ts';
import { fleetOf } from '../../local/run/fleet.ts';
import { startStack, type LocalStack } from '../../local/run/stack.ts';
import type { StageConfig } from '../../lib/stage/stage.ts';

const STACK = 'DDColorElastic-local';
const APP = 'node --import tsx test/local/support/changed-stage.ts';
/** As in production: a fleet that was woken by a tick would be so only by chance within 3 s. */
const TICK_SECONDS = 30;
const { sleepAfterSeconds: _, ...policy } = stages.local.policy;
const CHANGE: StageConfig = { tickSeconds: TICK_SECONDS, policy };
const MOST_SECONDS = 3;
const abort = new AbortController().signal;
const scope = new Scope();
let stack: LocalStack;

const desired = () => fleetOf(stack).desired;

/** What the scaler remembers, as the commands read it. */
const memory = async () =>
  scalerMemoryOf(
    await readItem(DynamoDBDocumentClient.from(stack.dynamo), stack.outputs.TableName ?? '', abort),
  );

/** Epoch seconds of the last tick; undefined before the first one. */
const lastTick = async () => (await memory()).recent.at(-1)?.at;

beforeAll(async () => {
  const python = await ensureVenv(abort, console.log);
  stack = await startStack({
    ...{ stage: 'local', comfyui: undefined, python, abort, scope },
    ...{ say: () => undefined, onWorkerLine: () => undefined, standInSeconds: 0.2 },
  });
  const assembly = localPath('wake.out');
  const env = { STAGE_CHANGE: JSON.stringify(CHANGE) };
  await cdk(stack.endpoint, ['synth', '--quiet', '--app', APP, '--output', assembly], abort, { env });
  await deploy(stack.endpoint, assembly, abort);
  await applyTemplateSettings(stack.endpoint, STACK, stack.agent);
}, 600_000);
afterAll(() => scope.close());

it('a photo wakes the fleet within 3 s', async () => {
  // The beginning of a minute is that of a run, whose lease the photo's run would wait for; after a tick there is time.
  while (!fleetOf(stack).warm.some(({ lifecycleState }) => lifecycleState === 'Warmed:Stopped'))
    await sleep(500);
  let tick = await lastTick();
  const deployed = Date.now() / 1000;
  for (; tick === undefined || tick < deployed; tick = await lastTick()) await sleep(200);
  await sleep(2000);
  expect(desired()).toBe(0);
  const { BucketName } = stack.outputs;
  const sentAt = Date.now();
  await stack.s3.send(
    new PutObjectCommand({
      Bucket: BucketName,
      Key: 'incoming/one.jpg',
      Body: 'a photo',
      ContentType: 'image/jpeg',
    }),
  );
  while (desired() === 0 && Date.now() - sentAt < 1000 * TICK_SECONDS) await sleep(20);
  const seconds = (Date.now() - sentAt) / 1000;
  console.log(`requested after ${seconds.toFixed(2)} s, ${(sentAt / 1000 - tick).toFixed(1)} s after a tick`);
  expect(desired()).toBeGreaterThan(0);
  // The stopped instance, which is there sooner than Spot boots.
  const [, onDemand] = stack.groupNames.map((name) => stack.agent.snapshot(name));
  expect(onDemand?.desired).toBe(1);
  expect(seconds).toBeLessThan(MOST_SECONDS);
}, 300_000);

it('a folder does not wake it', async () => {
  while (desired() > 0) await sleep(1000);
  const { BucketName } = stack.outputs;
  await stack.s3.send(
    new PutObjectCommand({ Bucket: BucketName, Key: 'incoming/album/', Body: Buffer.alloc(0) }),
  );
  for (const until = Date.now() + 2 * 1000 * MOST_SECONDS; Date.now() < until; await sleep(100))
    expect(desired()).toBe(0);
}, 300_000);

it('explain says how long the last instance is kept, and why', async () => {
  const { sentences } = explain(
    await memory(),
    { ...policy, kind: 'slo', dailySpendLimit: 10 },
    Date.now() / 1000,
  );
  console.log(sentences.join('\n'));
  expect(sentences.filter((sentence) => sentence.includes('empty queue'))).toEqual([
    expect.stringMatching(
      /^With an empty queue the last instance is kept for \d+ s, since a wake-up costs [\d.]+ instance-seconds \(a boot, and the waits for it\): /,
    ),
  ]);
}, 300_000);
