/**
 * The main job, end to end: the real stack on the local AWS, the deployed scaler fired by the deployed schedule, real
 * workers. Takes about two minutes, most of it waiting for the schedule's first minute and for the fleet to shrink.
 */
import { CloudWatchClient, GetMetricStatisticsCommand } from '@aws-sdk/client-cloudwatch';
import { AwsSmithyRpcV2CborProtocol } from '@aws-sdk/core/protocols';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { AutoScalingClient, DescribeScalingActivitiesCommand } from '@aws-sdk/client-auto-scaling';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  MEMORY_KEY,
  METRIC_NAMESPACE,
  METRICS,
  OUTCOME_DIMENSION,
  STAGE_DIMENSION,
} from '../../contract/names.ts';
import { clientConfig } from '../../common/environment.ts';
import { parseOptions } from '../../local/options.ts';
import { Progress } from '../../common/progress.ts';
import type { LocalStack } from '../../local/run/stack.ts';
import type { RunSummary } from '../../local/run/summary.ts';
import { run } from '../../local/start.ts';
import { Scope } from '../../common/scope.ts';
import type { StageConfig } from '../../lib/config.ts';
import { destroy, redeploy, submitMany, type Redeployed } from './support/lifecycle.ts';

const COPIES = 24;
const album = mkdtempSync(join(tmpdir(), 'album-'));
const results = mkdtempSync(join(tmpdir(), 'results-'));
const scope = new Scope();
let summary: RunSummary;
let seen: Seen;
let changed: Redeployed;
let deleted: Awaited<ReturnType<typeof destroy>>;

/** Photos that are there when the stage is deployed anew, and what has changed of it. */
const MANY = 260;
const CHANGE: StageConfig = { maxCapacity: 6, tickSeconds: 6, promisedWaitSeconds: 300, maxMegapixels: 50 };

interface Seen {
  redrive: string | undefined;
  memory: boolean;
  photosColoured: number;
  desiredMaximum: number;
  activities: number;
  cause: string;
  sourceEtags: boolean;
  states: Set<string>;
}

/** A picture whose four corners differ, so that a wrong turn shows. */
function corners(width: number, height: number): Promise<Buffer> {
  const pixels = Buffer.alloc(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++)
      pixels[y * width + x] = 40 + (x < width / 2 ? 0 : 60) + (y < height / 2 ? 0 : 110);
  }
  return sharp(pixels, { raw: { width, height, channels: 1 } })
    .png()
    .toBuffer();
}

async function makeAlbum(): Promise<void> {
  const put = (name: string, body: Buffer | string) => {
    mkdirSync(join(album, name, '..'), { recursive: true });
    writeFileSync(join(album, name), body);
  };
  const landscape = await corners(640, 400);
  put('landscape.jpg', await sharp(landscape).jpeg().toBuffer());
  put('turned by EXIF.jpg', await sharp(landscape).jpeg().withMetadata({ orientation: 6 }).toBuffer());
  put('sixteen bit.png', await sharp(landscape).toColourspace('grey16').png().toBuffer());
  put('print.jpg', await sharp(landscape).toColourspace('cmyk').jpeg().toBuffer());
  put('Grüße aus Köln/am Dom (1931).webp', await sharp(landscape).webp().toBuffer());
  put('scan.tif', await sharp(landscape).tiff().toBuffer());
  put('1+1=2 at 100%.jpg', await sharp(landscape).jpeg().toBuffer());
  const whole = await sharp(landscape).jpeg().toBuffer();
  put('torn.jpg', whole.subarray(0, whole.length / 2));
  put('letter.jpg', 'Dear grandmother,');
  for (let i = 0; i < COPIES; i++)
    put(
      `copies/${i}.jpg`,
      await sharp(landscape)
        .resize(200 + i)
        .jpeg()
        .toBuffer(),
    );
}

async function look(stack: LocalStack): Promise<Seen> {
  const config = clientConfig(stack.endpoint);
  const cloudWatch = new CloudWatchClient({ ...config, protocol: AwsSmithyRpcV2CborProtocol });
  const points = async (MetricName: string, Statistic: 'Maximum' | 'Sum', outcome?: string) => {
    const { Datapoints = [] } = await cloudWatch.send(
      new GetMetricStatisticsCommand({
        Namespace: METRIC_NAMESPACE,
        MetricName,
        Dimensions: [
          { Name: STAGE_DIMENSION, Value: 'local' },
          ...(outcome ? [{ Name: OUTCOME_DIMENSION, Value: outcome }] : []),
        ],
        StartTime: new Date(Date.now() - 3_600_000),
        EndTime: new Date(Date.now() + 60_000),
        Period: 60,
        Statistics: [Statistic],
      }),
    );
    return Datapoints.map((point) => point[Statistic] ?? 0);
  };
  const { Attributes } = await stack.sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: stack.outputs.QueueUrl, AttributeNames: ['RedrivePolicy'] }),
  );
  const memory = await stack.dynamo.send(
    new GetItemCommand({ TableName: stack.outputs.TableName, Key: { id: { S: MEMORY_KEY } } }),
  );
  const autoScaling = new AutoScalingClient({ ...config, endpoint: stack.agent.url });
  const { Activities = [] } = await autoScaling.send(
    new DescribeScalingActivitiesCommand({ AutoScalingGroupName: stack.groupName }),
  );
  const head = await stack.s3.send(
    new HeadObjectCommand({ Bucket: stack.outputs.BucketName, Key: 'results/landscape.jpg' }),
  );
  return {
    redrive: Attributes?.RedrivePolicy,
    memory: memory.Item !== undefined,
    desiredMaximum: Math.max(...(await points(METRICS.desired, 'Maximum'))),
    photosColoured: (await points(METRICS.photos, 'Sum', 'succeeded')).reduce((sum, n) => sum + n, 0),
    activities: Activities.length,
    cause: Activities.map((activity) => activity.Cause).join('\n'),
    sourceEtags: head.Metadata?.['source-etag'] !== undefined,
    states: new Set(),
  };
}

beforeAll(async () => {
  await makeAlbum();
  const states = new Set<string>();
  summary = await run(parseOptions(['--photos', album, '--port', '0']), {
    abort: new AbortController().signal,
    scope,
    progress: new Progress(process.stdout),
    results,
    onState: (state) => state.instances.forEach((instance) => states.add(instance.state)),
    inspect: async (stack) => {
      seen = await look(stack);
      changed = await redeploy(stack, await submitMany(stack, MANY), CHANGE);
      deleted = await destroy(stack);
    },
  });
  seen.states = states;
}, 480_000);

afterAll(async () => {
  await scope.close();
  for (const folder of [album, results]) rmSync(folder, { recursive: true, force: true });
});

const result = (name: string) => readFileSync(join(results, name));

describe('the whole stack on one machine', () => {
  it('gives every photo exactly one end', () => {
    expect(summary.photos).toEqual({ submitted: COPIES + 9, succeeded: COPIES + 7, failed: 2, lost: 0 });
  });

  it('grows the fleet from zero and shrinks it back', () => {
    expect(summary.fleet.timeline[0]).toMatchObject({ desired: 0, inService: 0 });
    expect(summary.fleet.peak).toBeGreaterThanOrEqual(2);
    expect(summary.fleet.final).toBe(0);
  });

  it('takes instances through the launch hook into service and out through the termination hook', () => {
    for (const state of ['Pending', 'Pending:Wait', 'InService', 'Terminating:Wait'])
      expect(seen.states).toContain(state);
    expect(seen.activities).toBeGreaterThanOrEqual(2 * summary.fleet.peak);
    expect(seen.cause).toContain(
      'a user request explicitly set group desired capacity changing the desired capacity from 0',
    );
  });

  it('is scaled by the deployed function: its metrics are in CloudWatch, its memory in the table', () => {
    expect(seen.desiredMaximum).toBeGreaterThanOrEqual(summary.fleet.peak);
    expect(seen.memory).toBe(true);
  });

  it('publishes what became of every photo', () => {
    expect(seen.photosColoured).toBe(summary.photos.succeeded);
  });

  it('has the dead-letter queue that the template asks for', () => {
    expect(JSON.parse(seen.redrive ?? '{}')).toMatchObject({ maxReceiveCount: 5 });
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
    expect(metadata).toMatchObject({ format, width, height, space: 'srgb' });
    expect(metadata.orientation ?? 1).toBe(1);
    const { channels } = await image.stats();
    expect(new Set(channels.slice(0, 3).map((channel) => Math.round(channel.mean))).size).toBeGreaterThan(1);
  });

  it('turns a photo upright, corner by corner', async () => {
    const grey = await sharp(result('turned by EXIF.jpg')).greyscale().raw().toBuffer();
    const at = (x: number, y: number) => grey[y * 400 + x] ?? 0;
    // Turned clockwise: the dark upper left corner moves to the upper right.
    expect(at(350, 50)).toBeLessThan(at(350, 590));
    expect(at(350, 590)).toBeLessThan(at(50, 50));
    expect(at(50, 50)).toBeLessThan(at(50, 590));
  });

  it('says why a photo failed', () => {
    const failure = JSON.parse(result('torn.jpg.failed.json').toString()) as { code: string };
    expect(failure).toMatchObject({ code: 'unreadable-image', retryable: false, key: 'incoming/torn.jpg' });
    expect(JSON.parse(result('letter.jpg.failed.json').toString())).toMatchObject({
      code: 'unreadable-image',
    });
  });

  it('marks a result with the ETag of its photo', () => {
    expect(seen.sourceEtags).toBe(true);
  });
});

describe('a stage that is changed while 200 photos are there', () => {
  it('has 200 photos and more when the deploy begins, and is still at work when it is over', () => {
    expect(changed.openBefore).toBeGreaterThanOrEqual(200);
    expect(changed.openAfter).toBeGreaterThan(0);
  });

  it('leaves the desired capacity to the scaler', () => {
    expect(changed.desiredBefore).toBeGreaterThan(0);
    expect(changed.desiredLeast).toBe(changed.desiredBefore);
  });

  it('takes its new limits', () => expect(changed.max).toEqual([5, 6]));

  it('loses no photo, and gives up none', () => {
    expect(changed.ends).toEqual({ coloured: MANY });
    expect(changed.deadLetters).toBe(0);
  });
});

describe('a stack that is deleted', () => {
  it('was there', () => {
    const kinds = ['alarms', 'buckets', 'dashboards', 'functions', 'groups', 'logs', 'parameters', 'queues'];
    expect(Object.keys(deleted.before)).toEqual(
      expect.arrayContaining([...kinds, 'schedules', 'tables', 'topics']),
    );
  });

  it('leaves nothing', () => expect(deleted.left).toEqual({}));
});
