/** Image worker threads: which thread gets which request, and what happens when one dies. One test runs the real thread. */
import sharp from 'sharp';
import { afterEach, describe, expect, it } from 'vitest';
import { LocalImageProcessor, type ImageSettings } from '../../worker/imaging/image-processor.ts';
import { ImageWorkerThreads } from '../../worker/imaging/image-worker-threads.ts';
import { workflow } from './support/stand-in-comfyui.ts';

const settings: ImageSettings = { maxMegapixels: 1, path: 'chroma', workflow };
const fakeThread = new URL('./support/fake-image-thread.mjs', import.meta.url);

let images: ImageWorkerThreads;
const threads = (count: number, entry?: URL) => (images = new ImageWorkerThreads(settings, count, entry));
afterEach(() => images.close());

const body = (text: string) => Buffer.from(text);
const died = { name: 'TransientFault', message: expect.stringContaining('died') as string };

describe('image worker threads', () => {
  it('finish each photo in the thread that prepared it', async () => {
    threads(3, fakeThread);
    const finished = Array.from({ length: 12 }, async (_, k) => {
      const { upload } = await images.prepare(`photo-${k}`, body(`body ${k}`));
      return (await images.finish(`photo-${k}`, upload, `v${k}`)).toString();
    });
    expect(await Promise.all(finished)).toEqual(
      Array.from({ length: 12 }, (_, k) => `body ${k} body ${k} v${k}`),
    );
  });

  it('finish before they prepare the next photo', async () => {
    threads(1, fakeThread);
    await images.prepare('one', body('one'));
    const order: string[] = [];
    const note = (name: string) => () => order.push(name);
    await Promise.all([
      images.prepare('two', body('two')).then(note('two prepared')),
      images.prepare('three', body('three')).then(note('three prepared')),
      images.finish('one', body('x'), 'v').then(note('one finished')),
    ]);
    expect(order).toEqual(['two prepared', 'one finished', 'three prepared']);
  });

  it('pass faults on with class, code and cause', async () => {
    threads(1, fakeThread);
    await expect(images.prepare('one', body('fault'))).rejects.toMatchObject({
      name: 'PermanentFault',
      code: 'unreadable-image',
      message: 'no picture',
      cause: { message: 'bad header' },
    });
    // The photo is not held, so nothing is asked of the thread.
    images.discard('one');
    await expect(images.finish('one', body('x'), 'v')).rejects.toMatchObject(died);
  });

  it('free photos that are discarded', async () => {
    threads(1, fakeThread);
    await images.prepare('one', body('one'));
    images.discard('one');
    images.discard('never');
    await expect(images.finish('one', body('x'), 'v')).rejects.toMatchObject(died);
    await images.prepare('two', body('two'));
  });
});

describe('a thread that dies', () => {
  it('while it prepares a photo fails that photo, and another thread takes over', async () => {
    threads(1, fakeThread);
    const lost = images.prepare('one', body('die'));
    const next = images.prepare('two', body('two'));
    await expect(lost).rejects.toMatchObject({ ...died, cause: { message: 'out of memory' } });
    expect((await next).upload.toString()).toBe('two');
  });

  it('while it finishes a photo fails that photo and those that it holds', async () => {
    threads(1, fakeThread);
    await images.prepare('one', body('die in finish'));
    await images.prepare('two', body('two'));
    await images.prepare('three', body('three'));
    const finishes = ['one', 'two'].map((id) => images.finish(id, body('x'), 'v'));
    const outcomes = await Promise.allSettled(finishes);
    expect(outcomes).toMatchObject([
      { status: 'rejected', reason: died },
      { status: 'rejected', reason: died },
    ]);
    await expect(images.finish('three', body('x'), 'v')).rejects.toMatchObject(died);
    await images.prepare('four', body('four'));
    expect((await images.finish('four', body('x'), 'v')).toString()).toBe('four x v');
  });

  it('leaves the photos of other threads alone', async () => {
    threads(2, fakeThread);
    const lost = images.prepare('one', body('die'));
    const kept = images.prepare('two', body('two'));
    await expect(lost).rejects.toMatchObject(died);
    await kept;
    expect((await images.finish('two', body('x'), 'v')).toString()).toBe('two x v');
  });

  it('is not replaced once they are closed', async () => {
    threads(1, fakeThread);
    const hanging = images.prepare('one', body('hang'));
    await images.close();
    let isSettled = false;
    void hanging.finally(() => (isSettled = true)).catch(() => undefined);
    await new Promise((resolve) => setImmediate(resolve));
    expect(isSettled).toBe(false);
  });
});

it('the real thread makes the files that the processor makes in this thread', async () => {
  threads(1);
  const pixels = Uint8Array.from({ length: 4800 }, (_, i) => 60 + (i % 80));
  const photo = await sharp(pixels, { raw: { width: 80, height: 60, channels: 1 } })
    .png()
    .toBuffer();
  const tint = (background: string) =>
    sharp({ create: { width: 512, height: 512, channels: 3, background } })
      .png()
      .toBuffer();
  const local = new LocalImageProcessor(settings);
  expect(await images.prepare('one', photo)).toEqual(await local.prepare('one', photo));
  const saved = await tint('#a66');
  expect(await images.finish('one', saved, 'v1')).toEqual(await local.finish('one', saved, 'v1'));
  await images.prepare('two', photo, 'chroma');
  await expect(images.finish('two', await tint('#777'), 'v1')).rejects.toMatchObject({
    name: 'InstanceFault',
  });
  await expect(images.prepare('bad', body('text'))).rejects.toMatchObject({
    name: 'PermanentFault',
    code: 'unreadable-image',
  });
});
