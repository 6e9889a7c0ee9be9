/** A images in this thread and one over others: the same photos, the same ends. */
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { ImageWorkerThreads } from '../../worker/imaging/image-worker-threads.ts';
import {
  LocalImageProcessor,
  type ImageProcessor,
  type ImageSettings,
} from '../../worker/imaging/image-processor.ts';
import { workflow } from './support/stand-in-comfyui.ts';

const settings: ImageSettings = { maxMegapixels: 1, path: 'chroma', workflow };
const threads = new ImageWorkerThreads(settings, 2);
afterAll(() => threads.close());

const grey = (level: number) =>
  sharp(
    Uint8Array.from({ length: 4800 }, (_, i) => level + (i % 80)),
    { raw: { width: 80, height: 60, channels: 1 } },
  )
    .toColourspace('b-w')
    .png()
    .toBuffer();
const tint = (colour: string) =>
  sharp({ create: { width: 512, height: 512, channels: 3, background: colour } })
    .png()
    .toBuffer();
/** Which of red and blue is more in a result. */
const warmth = async (file: Buffer) => {
  const { channels } = await sharp(file).stats();
  return channels[0]!.mean - channels[2]!.mean;
};

describe.each<[string, ImageProcessor]>([
  ['in this thread', new LocalImageProcessor(settings)],
  ['over threads', threads],
])('a images %s', (_name, images) => {
  it('makes a photo ready and finishes it', async () => {
    const prepared = await images.prepare('one', await grey(60));
    expect(prepared).toMatchObject({ id: 'one', format: 'png', megapixels: 0, uploadMegapixels: 0.262144 });
    expect(await sharp(prepared.upload).metadata()).toMatchObject({ width: 512, height: 512, channels: 1 });
    const file = await images.finish('one', await tint('#a66'), 'v1');
    expect(await sharp(file).metadata()).toMatchObject({ format: 'png', width: 80, height: 60 });
    expect(await warmth(file)).toBeGreaterThan(20);
  });

  it('never mixes photos up, however many there are at a time', async () => {
    const one = async (k: number) => {
      const id = `photo-${k}`;
      await images.prepare(id, await grey(40 + 8 * k));
      const file = await images.finish(id, await tint(k % 2 ? '#a66' : '#66a'), `v${k}`);
      const { channels } = await sharp(file).stats();
      return { warm: (await warmth(file)) > 0, lightness: Math.round((channels[1]!.mean - 70) / 8) };
    };
    const all = await Promise.all(Array.from({ length: 12 }, (_, k) => one(k)));
    expect(all.map(({ warm }) => warm)).toEqual(all.map((_, k) => k % 2 === 1));
    const order = all.map(({ lightness }) => lightness);
    expect(order.filter((_, k) => k % 2 === 0)).toEqual(
      [...order.filter((_, k) => k % 2 === 0)].sort((a, b) => a - b),
    );
  });

  it('says whose fault it is', async () => {
    await expect(images.prepare('bad', Buffer.from('text'))).rejects.toMatchObject({
      name: 'PermanentFault',
      code: 'unreadable-image',
    });
    await images.prepare('grey', await grey(60));
    await expect(images.finish('grey', await tint('#777'), 'v1')).rejects.toMatchObject({
      name: 'InstanceFault',
    });
  });

  it('forgets what is discarded and what is finished', async () => {
    await images.prepare('gone', await grey(60));
    images.discard('gone');
    await expect(images.finish('gone', await tint('#a66'), 'v1')).rejects.toThrow();
    images.discard('gone');
    images.discard('never');
  });
});

describe('a images whose thread dies', () => {
  it('gives its photos back and goes on with another thread', async () => {
    const images = new ImageWorkerThreads(settings, 1);
    await images.prepare('lost', await grey(60));
    const { worker } = (
      images as unknown as { threads: { worker: { emit: (e: string, x: Error) => void } }[] }
    ).threads[0]!;
    worker.emit('error', new Error('out of memory'));
    await sleep(1);
    await expect(images.finish('lost', await tint('#a66'), 'v1')).rejects.toMatchObject({
      name: 'TransientFault',
    });
    await images.prepare('next', await grey(60));
    expect((await images.finish('next', await tint('#a66'), 'v1')).length).toBeGreaterThan(0);
    await images.close();
  });
});
