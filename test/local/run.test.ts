/**
 * End to end on the local AWS: the deployed scaler, invoked by the deployed schedule, real workers; the stage is changed
 * while photos are in the queue, and the stack is deleted at the end. With `FULL` set, 240 photos are in the queue.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Progress } from '../../common/progress.ts';
import type { RunSummary } from '../../local/run/summary.ts';
import { run } from '../../local/start.ts';
import { Scope } from '../../common/scope.ts';
import type { StageConfig } from '../../lib/stage/stage.ts';
import { ALBUM, makeAlbum } from './support/album.ts';
import { attackListeners, type Attacked } from './support/attacked.ts';
import { destroy, redeployAtWork, type Redeployed } from './support/lifecycle.ts';
import { observe, type Observed } from './support/observed.ts';

const FULL = process.env.FULL !== undefined;
const COPIES = FULL ? 24 : 12;
/** Photos in the queue when the changed stage is deployed. */
const AT_WORK = FULL ? 240 : 24;
const CHANGE: StageConfig = { maxCapacity: 6, tickSeconds: 6, promisedWaitSeconds: 300, maxMegapixels: 50 };
const album = mkdtempSync(join(tmpdir(), 'album-'));
const results = mkdtempSync(join(tmpdir(), 'results-'));
const scope = new Scope();
const states = new Set<string>();
let summary: RunSummary;
let seen: Observed;
let changed: Redeployed;
let deleted: Awaited<ReturnType<typeof destroy>>;
let attacked: Attacked;
/** A function of the attacker writes it. */
const marker = join(results, 'attacked');

beforeAll(async () => {
  await makeAlbum(album, COPIES);
  let redeploying: Promise<Redeployed>;
  let attacking: Promise<Attacked>;
  summary = await run(
    { photos: album, count: 1, port: 0 },
    {
      abort: new AbortController().signal,
      scope,
      progress: new Progress(process.stdout),
      results,
      onState: (state) => state.instances.forEach((instance) => states.add(instance.state)),
      onStack: async (stack) => {
        redeploying = redeployAtWork(stack, CHANGE, AT_WORK);
        // Awaited in `inspect`; an earlier failure must not end the process.
        redeploying.catch(() => undefined);
        attacking = attackListeners(stack, marker);
        attacking.catch(() => undefined);
      },
      inspect: async (stack) => {
        attacked = await attacking;
        changed = await redeploying;
        seen = await observe(stack);
        deleted = await destroy(stack);
      },
    },
  );
}, 900_000);

afterAll(async () => {
  await scope.close();
  for (const folder of [album, results]) rmSync(folder, { recursive: true, force: true });
});

const result = (name: string) => readFileSync(join(results, name));

describe('the whole stack on one machine', () => {
  it('gives every photo exactly one outcome', () => {
    const { photos, broken } = ALBUM;
    const succeeded = COPIES + photos;
    expect(summary.photos).toEqual({ submitted: succeeded + broken, succeeded, failed: broken, lost: 0 });
  });

  it('grows the fleet and shrinks it back to zero', () => {
    // The start from zero is in the cause of the first activity: on a busy machine the first look comes after it.
    expect(summary.fleet.peak).toBeGreaterThanOrEqual(2);
    expect(summary.fleet.final).toBe(0);
  });

  it('moves instances through the launch hook into service and through the termination hook', () => {
    for (const state of ['Pending', 'Pending:Wait', 'InService', 'Terminating:Wait'])
      expect(states).toContain(state);
    expect(seen.activities).toBeGreaterThanOrEqual(2 * summary.fleet.peak);
    expect(seen.cause).toContain(
      'a user request explicitly set group desired capacity changing the desired capacity from 0',
    );
  });

  it('is scaled by the deployed function: metrics are in CloudWatch, memory is in the table', () => {
    expect(seen.desiredMaximum).toBeGreaterThanOrEqual(summary.fleet.peak);
    expect(seen.memory).toBe(true);
  });

  it('publishes the outcome of every photo', () => {
    expect(seen.photosSucceeded).toBe(summary.photos.succeeded + changed.submitted);
  });

  it('has the dead-letter queue of the template', () => {
    expect(JSON.parse(seen.redrive ?? '{}')).toMatchObject({ maxReceiveCount: 50 });
  });

  it.each([
    ['landscape.jpg', 'jpeg', 640, 400],
    ['turned by EXIF.jpg', 'jpeg', 400, 640],
    ['sixteen bit.png', 'png', 640, 400],
    ['print.jpg', 'jpeg', 640, 400],
    ['Grüße aus Köln/am Dom (1931).webp', 'webp', 640, 400],
    ['scan.tif', 'tiff', 640, 400],
    ['1+1=2 at 100%.jpg', 'jpeg', 640, 400],
  ])('colours %s as %s at its own size, upright', async (name, format, width, height) => {
    const image = sharp(result(name));
    const metadata = await image.metadata();
    const space = name.startsWith('sixteen bit') ? 'rgb16' : 'srgb';
    expect(metadata).toMatchObject({ format, width, height, space });
    expect(metadata.orientation ?? 1).toBe(1);
    const { channels } = await image.stats();
    expect(new Set(channels.slice(0, 3).map((channel) => Math.round(channel.mean))).size).toBeGreaterThan(1);
  });

  it('rotates a photo upright', async () => {
    const grey = await sharp(result('turned by EXIF.jpg')).greyscale().raw().toBuffer();
    const at = (x: number, y: number) => grey[y * 400 + x] ?? 0;
    // Rotated clockwise: the dark upper left corner moves to the upper right.
    expect(at(350, 50)).toBeLessThan(at(350, 590));
    expect(at(350, 590)).toBeLessThan(at(50, 50));
    expect(at(50, 50)).toBeLessThan(at(50, 590));
  });

  it('writes a failure record', () => {
    const failure = JSON.parse(result('truncated.jpg.failed.json').toString()) as { code: string };
    expect(failure).toMatchObject({
      code: 'unreadable-image',
      retryable: false,
      key: 'incoming/truncated.jpg',
    });
    expect(JSON.parse(result('letter.jpg.failed.json').toString())).toMatchObject({
      code: 'unreadable-image',
    });
  });

  it('stores the ETag of the photo with the result', () => {
    expect(seen.sourceEtags).toBe(true);
  });
});

describe('a stage that is changed while photos are in the queue', () => {
  it('is deployed while photos are at work', () => {
    // More are submitted each second in which fewer than AT_WORK are open; how many that leaves depends on the computer.
    expect(changed.openBefore).toBeGreaterThanOrEqual(AT_WORK / 4);
    expect(changed.openAfter).toBeGreaterThan(0);
  });

  it('leaves the desired capacity to the scaler', () => {
    expect(changed.desiredBefore).toBeGreaterThan(0);
    expect(changed.desiredMinimum).toBeGreaterThan(0);
  });

  it('has its new limits', () => expect(changed.max).toEqual([5, 6]));

  it('loses no photo, and fails none', () => {
    expect(changed.outcomes).toEqual({ succeeded: changed.submitted });
    expect(changed.deadLetters).toBe(0);
  });
});

describe('pages of other sites', () => {
  it('were tried at every listener: local AWS, agent, page, and those of each instance', () => {
    const ports = attacked.listeners.map(({ port }) => port);
    expect(ports.length).toBeGreaterThanOrEqual(5);
    expect(ports).toEqual(
      expect.arrayContaining(attacked.endpoints.map((endpoint) => Number(new URL(endpoint).port))),
    );
    // Twelve kinds of request from each of three origins; a closed page may not report its last ones.
    const still = ports.filter((port) => attacked.still.has(port));
    // Those of the run at least.
    expect(still.length).toBeGreaterThanOrEqual(3);
    for (const port of still)
      for (const from of ['another site', 'another port', 'a rebound name']) {
        const own = attacked.attempts.filter((one) => one.port === port && one.what.startsWith(from));
        expect(own.length, `${from} at ${port}`).toBeGreaterThanOrEqual(10);
      }
  });

  it('reach no listener, all of which are on 127.0.0.1', () => {
    expect(attacked.attempts.filter(({ status }) => status !== 403)).toEqual([]);
    expect(attacked.listeners.filter(({ address }) => address !== '127.0.0.1')).toEqual([]);
  });

  it('run no code', () => expect(existsSync(marker)).toBe(false));
});

describe('a stack that is deleted', () => {
  it('had resources of every kind', () => {
    const kinds = ['alarms', 'buckets', 'dashboards', 'functions', 'groups', 'logs', 'parameters', 'queues'];
    expect(Object.keys(deleted.before)).toEqual(
      expect.arrayContaining([...kinds, 'schedules', 'tables', 'topics']),
    );
  });

  it('leaves no resource', () => expect(deleted.left).toEqual({}));
});
