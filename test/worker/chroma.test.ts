/**
 * Chroma as the result: what a browser gets for a small grey copy, merged by the module that both share, against the worker's
 * own result of the whole photo; from bucket to bucket, over the HTTP of the stand-in.
 */
import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ComfyuiClient } from '../../worker/comfyui/client.ts';
import { createPipeline } from '../../worker/photo/pipeline.ts';
import { WeightedSemaphore } from '../../worker/photo/weighted-semaphore.ts';
import { infer } from '../../worker/comfyui/inference.ts';
import { processPhoto, type PhotoOutcome } from '../../worker/photo/process-photo.ts';
import { LocalImageProcessor } from '../../worker/imaging/image-processor.ts';
import { squareCopy } from '../../colour/resample.ts';
import { lightness } from '../../colour/lightness.ts';
import { chromaOfAb } from '../../colour/chroma.ts';
import { mergeChroma } from '../../colour/merge.ts';
import { failedKey, resultKey } from '../../contract/keys.ts';
import type { WorkerSettings } from '../../contract/worker.ts';
import { workflowSchema } from '../../contract/workflow.ts';
import { difference, labOf } from '../../tools/bench/ciede2000.ts';
import { samplePicture } from '../../local/samples/samples.ts';
import { Comfy, timing } from './support/stand-in-comfyui.ts';
import { MemoryBucket, memoryLog, unlimited } from './support/memory.ts';

const SIZE = 512;
const workflowOf = (name: string) =>
  workflowSchema.parse(JSON.parse(readFileSync(`ami/workflow/${name}.json`, 'utf8')));
const CHROMA = { output: 'chroma' };

let comfy: Comfy;
beforeAll(async () => {
  comfy = await Comfy.start();
});
afterAll(() => comfy.close());

/** Processes photos as the worker of a stage with that workflow. */
function worker(name: string, path: WorkerSettings['path'] = 'chroma') {
  const workflow = workflowOf(name);
  const settings = { maxMegapixels: 30, path, workflow };
  const images = new LocalImageProcessor(settings);
  const [log, client] = [memoryLog(), new ComfyuiClient(comfy.url)];
  const colour = createPipeline({
    images,
    infer: ({ upload, path }, acquireSlot, { options }) =>
      infer({ client, workflow, path, log, timing }, upload, 60_000, acquireSlot, options),
    comfyuiSlots: new WeightedSemaphore(1),
    memory: new WeightedSemaphore(100),
    drainSignal: () => new AbortController().signal,
    now: Date.now,
  });
  const bucket = new MemoryBucket();
  const process = (key: string, photo: Buffer, metadata?: Record<string, string>): Promise<PhotoOutcome> => {
    const job = { bucket: 'photos', key, etag: bucket.upload(key, photo, metadata), storedAtMs: 0 };
    const attempt = { figures: {}, started: async () => undefined };
    return processPhoto(job, attempt, { bucket, settings, colour, ...unlimited(), log, now: Date.now });
  };
  /** The result of a photo that can be coloured. */
  const result = async (photo: Buffer, metadata?: Record<string, string>) => {
    await process('incoming/a.jpg', photo, metadata);
    return bucket.objects.get(resultKey('incoming/a.jpg'))!;
  };
  return { bucket, process, result };
}

async function pixelsOf(file: Buffer) {
  const { data, info } = await sharp(file).toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
}

/** The lightness that a browser keeps. */
async function greyOf(photo: Buffer) {
  const { width, height, data } = await pixelsOf(photo);
  return { width, height, grey: lightness(data, 3) };
}

/** The copy that a browser sends. */
async function copyOf(photo: Buffer, encode: 'png' | 'jpeg'): Promise<Buffer> {
  const { width, height, grey } = await greyOf(photo);
  const copy = squareCopy(grey, { width, height, channels: 1 }, SIZE);
  const image = sharp(copy, { raw: { width: SIZE, height: SIZE, channels: 1 } }).toColourspace('b-w');
  return encode === 'png' ? image.png().toBuffer() : image.jpeg({ quality: 92 }).toBuffer();
}

/** The result that a browser makes of the chroma. */
async function mergedWith(photo: Buffer, chroma: Buffer): Promise<Uint8Array> {
  const { width, height, grey } = await greyOf(photo);
  return mergeChroma(grey, width, height, chromaOfAb(await pixelsOf(chroma)));
}

/** A photograph in a lossless file, so that both sides have the same pixels. */
const photograph = async (k: number) =>
  sharp(await samplePicture(k, 600, 450))
    .png({ compressionLevel: 1 })
    .toBuffer();

describe.each(['ddcolor', 'ddcolor-png', 'ddcolor-public-node'])(
  'chroma by %s, merged with the photo',
  (name) => {
    let result: ReturnType<typeof worker>['result'];
    beforeAll(() => {
      ({ result } = worker(name));
    });

    it('of a lossless copy gives the photo`s own result', async () => {
      const photo = await photograph(1);
      const whole = await pixelsOf((await result(photo)).body);
      const chroma = await result(await copyOf(photo, 'png'), CHROMA);
      const merged = await mergedWith(photo, chroma.body);
      let furthest = 0;
      merged.forEach((value, i) => (furthest = Math.max(furthest, Math.abs(value - whole.data[i]!))));
      // The public node saves a picture in colour, whose chroma is rounded.
      expect(furthest).toBeLessThanOrEqual(name === 'ddcolor-public-node' ? 4 : 0);
      expect(difference(merged, whole.data).mean).toBeLessThan(0.3);
    });

    it('of a JPEG copy differs by less than 1.0 (mean) and 6 (p99)', async () => {
      for (const k of process.env.FULL ? [0, 1, 2, 3, 4, 5] : [2]) {
        const photo = await photograph(k);
        const whole = await pixelsOf((await result(photo)).body);
        const chroma = await result(await copyOf(photo, 'jpeg'), CHROMA);
        const { mean, p99 } = difference(await mergedWith(photo, chroma.body), whole.data);
        expect({ k, good: mean < 1 && p99 < 6, mean, p99 }).toMatchObject({ k, good: true });
      }
    });
  },
);

/** Names of a PNG's chunks, each once. */
function chunks(file: Buffer): string[] {
  const names = new Set<string>();
  for (let at = 8; at < file.length; at += 12 + file.readUInt32BE(at))
    names.add(file.toString('latin1', at + 4, at + 8));
  return [...names];
}

describe('a chroma', () => {
  const small = () => photograph(2).then((photo) => copyOf(photo, 'jpeg'));

  it('is a PNG of a and b at the result`s key, without colour management', async () => {
    const photo = await small();
    const { body, contentType, sourceEtag, etag } = await worker('ddcolor').result(photo, CHROMA);
    expect(contentType).toBe('image/png');
    expect(sourceEtag).not.toBe(etag);
    expect(await sharp(body).metadata()).toMatchObject({
      format: 'png',
      width: SIZE,
      height: SIZE,
      channels: 3,
      depth: 'uchar',
      hasProfile: false,
    });
    const colourChunks = ['gAMA', 'cHRM', 'sRGB', 'iCCP', 'cICP'];
    expect(chunks(body).filter((name) => colourChunks.includes(name))).toEqual([]);
    expect((await sharp(body).metadata()).xmp?.toString()).toContain(`<ddcolor:SourceETag>${sourceEtag}<`);
    const { channels } = await sharp(body).stats();
    expect(channels[2]).toMatchObject({ min: 128, max: 128 });
    expect(channels[0]!.max - channels[0]!.min).toBeGreaterThan(10);
    expect(body.length).toBeLessThan(80_000);
  });

  it.each([
    ['a photo of any size and format', () => samplePicture(2, 300, 700), 'chroma'],
    ['a stage that sends whole photos', small, 'plain'],
  ] as const)('is made for %s too', async (_name, make, path) => {
    const { body } = await worker('ddcolor', path).result(await make(), CHROMA);
    expect(await sharp(body).metadata()).toMatchObject({ format: 'png', width: SIZE, height: SIZE });
  });

  it('applies to the photo that requests it, not to the next one', async () => {
    const { process, bucket } = worker('ddcolor');
    const photo = await samplePicture(3, 300, 200);
    expect(await process('incoming/one', photo, CHROMA)).toEqual({ outcome: 'succeeded', output: 'chroma' });
    expect(await process('incoming/two', photo, { output: 'photo' })).toEqual({ outcome: 'succeeded' });
    const size = async (key: string) => (await sharp(bucket.objects.get(key)?.body).metadata()).width;
    expect([await size('results/one'), await size('results/two')]).toEqual([SIZE, 300]);
  });

  it.each([
    ['ddcolor', 'colours', "The option 'output' is 'colours'; allowed is photo, chroma."],
    ['ddcolor', '', "The option 'output' is ''; allowed is photo, chroma."],
    ['ddcolor', 'Chroma', "The option 'output' is 'Chroma'; allowed is photo, chroma."],
    [
      'upscale',
      'chroma',
      "The option 'output' is 'chroma', but this workflow gives no chroma; allowed is photo.",
    ],
  ])('by %s is refused for the output `%s`', async (name, output, message) => {
    const { process, bucket } = worker(name);
    const outcome = await process('incoming/a.jpg', Buffer.from('never read'), { output });
    expect(outcome).toEqual({ outcome: 'failed', code: 'bad-option' });
    expect(JSON.parse(bucket.objects.get(failedKey('incoming/a.jpg'))!.body.toString())).toMatchObject({
      code: 'bad-option',
      message,
      retryable: false,
    });
    expect(bucket.objects.has(resultKey('incoming/a.jpg'))).toBe(false);
  });
});

describe('the image processor, asked for chroma,', () => {
  const tint = (background: object) =>
    sharp({ create: { width: SIZE, height: SIZE, channels: 3, background } })
      .png()
      .toBuffer();
  const of = async (name: string, saved: Buffer, source = 'v1', photo?: Buffer) => {
    const images = new LocalImageProcessor({ maxMegapixels: 1, path: 'plain', workflow: workflowOf(name) });
    const prepared = await images.prepare('one', photo ?? (await samplePicture(1, 300, 200)), 'chroma');
    expect(prepared).toMatchObject({ format: 'png', path: 'chroma', uploadMegapixels: 0.262144 });
    return (await images.finish('one', saved, source)).file;
  };

  /** Two planes of one value each. */
  const planes = (a: number, b: number) =>
    Buffer.concat([a, b].map((value) => Buffer.alloc(SIZE * SIZE, value)));

  it.each(['ddcolor', 'ddcolor-png'])('returns a and b as they were saved by %s', async (name) => {
    const saved = name === 'ddcolor' ? planes(140, 90) : await tint({ r: 140, g: 90, b: 128 });
    const { data } = await pixelsOf(await of(name, saved));
    expect([...data.subarray(0, 3)]).toEqual([140, 90, 128]);
  });

  it('computes a and b of a saved picture in colour', async () => {
    const { data } = await pixelsOf(await of('ddcolor-public-node', await tint({ r: 170, g: 102, b: 102 })));
    const [, a, b] = labOf(Uint8Array.of(170, 102, 102), 0);
    expect([...data.subarray(0, 3)]).toEqual([Math.round(a) + 128, Math.round(b) + 128, 128]);
  });

  it('gives each version of a photo other bytes', async () => {
    const saved = planes(140, 90);
    expect((await of('ddcolor', saved, 'a')).equals(await of('ddcolor', saved, 'b'))).toBe(false);
  });

  it.each([1, 3])('refuses %s planes instead of two', async (count) => {
    await expect(of('ddcolor', Buffer.alloc(count * SIZE * SIZE, 140))).rejects.toMatchObject({
      name: 'InstanceFault',
      message: `the workflow saved planes of ${count * SIZE * SIZE} bytes instead of ${2 * SIZE * SIZE}`,
    });
  });

  it.each([
    ['ddcolor', () => planes(128, 128)],
    ['ddcolor-png', () => tint({ r: 128, g: 128, b: 128 })],
    ['ddcolor-public-node', () => tint({ r: 90, g: 90, b: 90 })],
  ])('by %s reports an instance fault when there is no colour', async (name, grey) => {
    await expect(of(name, await grey())).rejects.toMatchObject({ name: 'InstanceFault' });
    // A white photo cannot get any.
    const white = await sharp({ create: { width: 40, height: 30, channels: 3, background: 'white' } })
      .png()
      .toBuffer();
    expect((await of(name, await grey(), 'v1', white)).length).toBeGreaterThan(0);
  });
});
