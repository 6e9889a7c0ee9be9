/** A decoder that never returns, in real image processes: it is ended within its limit, and no other photo is harmed. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, expect, it } from 'vitest';
import { childProcesses } from '../../worker/imaging/image-connection.ts';
import type { ImageSettings } from '../../worker/imaging/image-processor.ts';
import { ImageProcesses } from '../../worker/imaging/image-processes.ts';
import { memoryLog } from '../worker/support/memory.ts';
import { workflow } from '../worker/support/stand-in-comfyui.ts';

const sourceOf = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);
/** An image process whose decoder hangs with one file. */
const ENTRY = `
  import { register } from ${JSON.stringify(import.meta.resolve('tsx/esm/api'))};
  register();
  const { LocalImageProcessor } = await import(${sourceOf('../../worker/imaging/image-processor.ts')});
  const { inspect } = LocalImageProcessor.prototype;
  LocalImageProcessor.prototype.inspect = function (body) {
    if (body.includes('hang')) for (;;);
    return inspect.call(this, body);
  };
  await import(${sourceOf('../../worker/imaging/image-process.ts')});`;

const SIZE = 64;
const settings: ImageSettings = {
  maxMegapixels: 1,
  path: 'chroma',
  workflow: { ...workflow, chroma: { ...workflow.chroma!, size: SIZE } },
};
const folder = mkdtempSync(join(tmpdir(), 'hung-'));
const entry = join(folder, 'image-process.mjs');
writeFileSync(entry, ENTRY);
const log = memoryLog();
const images = new ImageProcesses(settings, 1, log, childProcesses(entry));
afterAll(() => {
  images.close();
  rmSync(folder, { recursive: true });
});

const picture = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: '#a66' } })
    .png()
    .toBuffer();

it('costs the photo that hangs, and nobody else', async () => {
  const [neighbour, saved] = await Promise.all([picture(80, 60), picture(SIZE, SIZE)]);
  await images.prepare('neighbour', neighbour);
  await expect(images.inspect(Buffer.concat([neighbour, Buffer.from('hang')]))).rejects.toMatchObject({
    name: 'PermanentFault',
  });
  const { file: result } = await images.finish('neighbour', saved, 'v');
  expect(await sharp(result).metadata()).toMatchObject({ format: 'png', width: 80, height: 60 });
  const ends = log.of('image-process-died');
  expect(ends).toMatchObject([{ exceeded: 'processor time', request: 'inspect', photos: 1 }]);
});
