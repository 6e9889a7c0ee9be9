/** In place of a fleet: gives every uploaded photo the same colours, and publishes a view as the scaler does. */
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { chromaOfAb } from '../../../../colour/chroma.ts';
import { lightness } from '../../../../colour/lightness.ts';
import { mergeChroma } from '../../../../colour/merge.ts';
import type { Scope } from '../../../../common/scope.ts';
import { apiPhotoKey, failedKey, resultKey } from '../../../../contract/keys.ts';
import { QUEUES } from '../../../../contract/lanes.ts';
import { MEMORY_KEY, TABLE_KEY, VIEW_ATTRIBUTE } from '../../../../contract/names.ts';
import type { View } from '../../../../contract/view.ts';
import { deployed, type DeployedGateway } from './deployed.ts';

const SIDE = 512;
const POLL_MS = 100;

/** a + 128 and b + 128 of a brown that changes over the picture; of buildings, with a turned, a green. */
const abOf = (preset: string | undefined) =>
  Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % SIDE, Math.floor(i / 3 / SIDE)];
    const a = 140 + (16 * x) / SIDE;
    return [preset === 'buildings' ? 256 - a : a, 150 + (16 * y) / SIDE, 128][i % 3]!;
  });

const chroma = (preset?: string) =>
  sharp(abOf(preset), { raw: { width: SIDE, height: SIDE, channels: 3 } })
    .png()
    .toBuffer();

/** The whole photo, in its format. */
async function inColour(photo: Buffer): Promise<Buffer> {
  const { format } = await sharp(photo).metadata();
  const { data, info } = await sharp(photo)
    .autoOrient()
    .toColourspace('srgb')
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  const small = chromaOfAb({ width: SIDE, height: SIDE, data: abOf(undefined), channels: 3 });
  const merged = mergeChroma(lightness(data, 3), width, height, small);
  return sharp(merged, { raw: { width, height, channels: 3 } })
    .toFormat(format, { quality: 92 })
    .toBuffer();
}

export interface ColouringWorker {
  /** Photos stay in the queue until the worker is resumed. */
  paused: boolean;
  /** Metadata of the photos so far, and the width of each. */
  readonly coloured: (Record<string, string> & { width: string })[];
}

/** One instance with a short queue: the gateway then has clients poll every second. */
async function publishView(TableName: string): Promise<void> {
  const view: View = {
    at: Date.now() / 1000,
    tickSeconds: 3600,
    visible: 1,
    inFlight: 0,
    inService: 1,
    coming: [],
    arrivalsPerSecond: 0,
    serviceSeconds: 2,
    bootSeconds: 60,
    history: [],
  };
  const Item = { [TABLE_KEY]: MEMORY_KEY, [VIEW_ATTRIBUTE]: view };
  await deployed.documents.send(new PutCommand({ TableName, Item }));
}

/** Runs until the scope closes. */
export async function startColouringWorker(gateway: DeployedGateway, scope: Scope): Promise<ColouringWorker> {
  const { s3 } = deployed;
  const Bucket = gateway.bucket;
  await publishView(gateway.scalerTable);
  const worker: ColouringWorker = { paused: false, coloured: [] };
  const seen = new Set<string>();
  const colour = async (Key: string) => {
    const { Body, Metadata, ContentType } = await s3.send(new GetObjectCommand({ Bucket, Key }));
    const photo = Buffer.from(await Body!.transformToByteArray());
    try {
      const { width } = await sharp(photo).metadata();
      worker.coloured.push({ ...Metadata, width: `${width}` });
      const [result, type] =
        Metadata?.output === 'chroma'
          ? [await chroma(Metadata.preset), 'image/png']
          : [await inColour(photo), ContentType];
      await s3.send(new PutObjectCommand({ Bucket, Key: resultKey(Key), Body: result, ContentType: type }));
    } catch {
      const failure = {
        code: 'unreadable-image',
        message: 'Damaged.',
        retryable: false,
        key: Key,
        etag: 'x',
      };
      await s3.send(new PutObjectCommand({ Bucket, Key: failedKey(Key), Body: JSON.stringify(failure) }));
    }
  };
  const run = async () => {
    while (!scope.closed) {
      const lists = await Promise.all(
        QUEUES.map((queue) => s3.send(new ListObjectsV2Command({ Bucket, Prefix: apiPhotoKey('', queue) }))),
      );
      const photos = lists.flatMap(({ Contents = [] }) => Contents);
      for (const { Key = '' } of worker.paused ? [] : photos) {
        if (seen.has(Key)) continue;
        seen.add(Key);
        await colour(Key);
      }
      await sleep(POLL_MS);
    }
  };
  const running = run().catch((error: unknown) => {
    if (!scope.closed) throw error;
  });
  await scope.defer(() => running);
  return worker;
}
