/**
 * A deploy that changes a setting of the workers while 200 photos are in flight: every instance is a new one within the time
 * that docs/deploy.md states, of Spot, on demand and stopped, no photo is lost, and none is charged an attempt for it. It adds a probe, whose photo goes through too.
 */
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Progress } from '../../common/progress.ts';
import { Scope } from '../../common/scope.ts';
import type { StageConfig } from '../../lib/stage/stage.ts';
import { cdk, deploy } from '../../local/aws/deploy.ts';
import { applyTemplateSettings } from '../../local/aws/template-settings.ts';
import type { GroupSnapshot } from '../../local/fleet/agent.ts';
import type { LocalStack } from '../../local/run/stack.ts';
import { run } from '../../local/start.ts';
import { localPath } from '../../common/environment.ts';
import { Probe } from './support/probe.ts';
import { Traffic } from './support/traffic.ts';

const STACK = 'DDColorElastic-local';
const PHOTOS = 200;
const CHANGE: StageConfig = { maxMegapixels: 50, probePhoto: 'daily' };
const APP = 'node --import tsx test/local/support/changed-stage.ts';
/** A round is a boot and a drain; here both take seconds. */
const ROUND_SECONDS = 45;
const folders = [mkdtempSync(join(tmpdir(), 'album-')), mkdtempSync(join(tmpdir(), 'results-'))] as const;
const scope = new Scope();
let seen: Awaited<ReturnType<typeof refreshAtWork>>;

const inService = (groups: GroupSnapshot[]) =>
  groups.flatMap(({ instances }) => instances).filter(({ lifecycleState }) => lifecycleState === 'InService');
/** Instances of all groups, without those that are on their way out. */
const alive = (groups: GroupSnapshot[]) =>
  groups
    .flatMap(({ instances, warm }) => [...instances, ...warm])
    .filter(({ lifecycleState }) => !lifecycleState.includes('Terminat'));

async function refreshAtWork(stack: LocalStack) {
  const { agent, groupNames, endpoint, dynamo, outputs } = stack;
  const { signal } = new AbortController();
  const traffic = new Traffic(stack);
  const groups = () => groupNames.map((name) => agent.snapshot(name));

  const env = { STAGE_CHANGE: JSON.stringify(CHANGE) };
  const assembly = localPath('refreshed.out');
  await cdk(endpoint, ['synth', '--quiet', '--app', APP, '--output', assembly], signal, { env });
  await traffic.submit(PHOTOS);
  let isDone = false;
  // As many are in flight until the refresh is done, however long the deploy takes.
  const feeding = (async () => {
    for (; !isDone; await sleep(500)) await traffic.submit(Math.max(0, PHOTOS - (await traffic.open())));
  })();
  while (inService(groups()).length < 3) await sleep(200);
  await deploy(endpoint, assembly, signal);
  const probe = new Probe(stack);
  await probe.step('send');
  const sent = await probe.keys();

  const before = groups();
  const openBefore = await traffic.open();
  const startedAt = Date.now();
  await applyTemplateSettings(endpoint, STACK, agent);
  let least = Infinity;
  for (; !groups().every(({ refresh }) => refresh?.status === 'Successful'); await sleep(100)) {
    least = Math.min(least, inService(groups()).length);
  }
  const seconds = (Date.now() - startedAt) / 1000;
  const after = groups();
  isDone = true;
  await feeding;
  while ((await traffic.open()) > 0) await sleep(500);
  while ((await probe.keys()).length < 2) await sleep(500);
  const made = await probe.keys();
  await probe.step('check');
  const probed = { sent, made, left: await probe.keys(), failed: await probe.failures() };
  const outcomes = await traffic.outcomes();
  const { Items = [] } = await dynamo.send(new ScanCommand({ TableName: outputs.TableName }));
  const attempts = Items.filter(({ id }) => id?.S?.startsWith('attempts#')).map((item) =>
    Number(item.attempts?.N),
  );
  return {
    before,
    after,
    seconds,
    least,
    openBefore,
    submitted: traffic.submitted,
    outcomes,
    attempts,
    probed,
  };
}

beforeAll(async () => {
  const [photos, results] = folders;
  await sharp({ create: { width: 64, height: 48, channels: 3, background: '#777' } })
    .jpeg()
    .toFile(join(photos, 'one.jpg'));
  let refreshing: ReturnType<typeof refreshAtWork>;
  await run(
    { photos, count: 1, port: 0 },
    {
      abort: new AbortController().signal,
      scope,
      progress: new Progress(process.stdout),
      results,
      onState: () => undefined,
      onStack: async (stack) => {
        refreshing = refreshAtWork(stack);
        refreshing.catch(() => undefined);
      },
      inspect: async () => void (seen = await refreshing),
    },
  );
}, 900_000);

afterAll(async () => {
  await scope.close();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

it('begins while photos are in flight and instances at work', () => {
  expect(seen.openBefore).toBeGreaterThan(0.8 * PHOTOS);
  const [spot, onDemand] = seen.before;
  expect((spot?.instances.length ?? 0) + (onDemand?.instances.length ?? 0)).toBeGreaterThanOrEqual(3);
  // One is stopped, or resumed from there: the refresh meets both groups.
  expect(alive([onDemand!]).length).toBeGreaterThan(0);
});

it('replaces every instance within the time that is stated', () => {
  const old = new Set(alive(seen.before).map(({ id }) => id));
  expect(alive(seen.after).filter(({ id }) => old.has(id))).toEqual([]);
  for (const group of seen.after)
    expect(new Set(alive([group]).map(({ version }) => version)).size).toBeLessThanOrEqual(1);
  // The groups are refreshed at the same time, and each has a round for each of its instances at most.
  const rounds = Math.max(...seen.before.map(({ instances }) => instances.length));
  expect(seen.seconds).toBeLessThan(rounds * ROUND_SECONDS);
  // None of the capacity is missing meanwhile.
  expect(seen.least).toBeGreaterThanOrEqual(inService(seen.before).length);
  console.log(
    `${alive(seen.before).length} instances (${seen.before.map(({ instances, warm }) => `${instances.length} and ${warm.length} stopped`).join('; ')}) were new after ${seen.seconds.toFixed(0)} s, ${seen.submitted} photos`,
  );
});

it('loses no photo, and charges none an attempt for it', () => {
  expect(seen.outcomes).toEqual(Array.from({ length: seen.submitted }, () => 'succeeded'));
  expect(new Set(seen.attempts)).toEqual(new Set([1]));
});

it('colours the photo of the probe, of which nothing stays', () => {
  const name = 'ddcolor-elastic-probe/2026-11-28T05.png';
  expect(seen.probed).toEqual({
    sent: [`incoming/${name}`],
    made: [`incoming/${name}`, `results/${name}`],
    left: [],
    failed: [0],
  });
});
