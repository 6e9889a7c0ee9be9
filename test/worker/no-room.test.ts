/** A photo without room for colour is its own result, at once; an instance that returns grey for any other one is at fault. */
import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { Output } from '../../contract/photo-types.ts';
import { workflowSchema, type Workflow } from '../../contract/workflow.ts';
import { LocalImageProcessor } from '../../worker/imaging/image-processor.ts';
import { fixture } from './support/fixtures.ts';

const workflowOf = (name: string): Workflow =>
  workflowSchema.parse(JSON.parse(readFileSync(`ami/workflow/${name}.json`, 'utf8')));
const SIZE = 512;

const photo = (width: number, height: number, tone: (x: number, y: number) => number) =>
  sharp(
    Buffer.from(
      Uint8Array.from({ length: width * height }, (_, i) => tone(i % width, Math.floor(i / width))),
    ),
    { raw: { width, height, channels: 1 } },
  )
    .toColourspace('b-w')
    .png()
    .toBuffer();
const plain = (background: string, size = SIZE) =>
  sharp({ create: { width: size, height: size, channels: 3, background } })
    .png()
    .toBuffer();

type Path = 'chroma' | 'plain';
async function colour(
  file: Buffer,
  saved: Buffer,
  path: Path = 'chroma',
  output: Output = 'photo',
  name = 'ddcolor-png',
) {
  const images = new LocalImageProcessor({ maxMegapixels: 100, path, workflow: workflowOf(name) });
  const { isUnchanged } = await images.prepare('one', file, output);
  return { isUnchanged, ...(await images.finish('one', saved, 'v1')) };
}
const greyOf = async (file: Buffer) => sharp(file).toColourspace('srgb').removeAlpha().raw().toBuffer();
const NOTHING = Buffer.alloc(0);

describe('a photo without room for colour', () => {
  it.each<[string, () => Promise<Buffer> | Buffer]>([
    ['a white page with a speck that vanishes where the network looks', () => fixture('white_page_dot.png')],
    ['all white', () => photo(40, 30, () => 255)],
    ['all black', () => photo(40, 30, () => 0)],
    ['nearly black', () => photo(40, 30, (x) => x % 6)],
    ['nearly white', () => photo(40, 30, (x) => 251 + (x % 5))],
    [
      'a fax',
      async () =>
        sharp(await photo(512, 512, (x, y) => (((x >> 5) + (y >> 3)) % 5 === 0 ? 0 : 255)))
          .toColourspace('b-w')
          .tiff({ compression: 'ccittfax4', bitdepth: 1 })
          .toBuffer(),
    ],
  ])('%s is its own result, without ComfyUI, and says so', async (_name, make) => {
    const file = await make();
    for (const path of ['chroma', 'plain'] as const) {
      const result = await colour(file, NOTHING, path);
      expect(result.isUnchanged).toBe(true);
      expect(result.remarks).toEqual(['no-room-for-colour']);
      expect((await greyOf(result.file)).equals(await greyOf(file))).toBe(true);
    }
  });

  it('has a chroma of no colour', async () => {
    const { isUnchanged, file, remarks } = await colour(
      fixture('white_page_dot.png'),
      NOTHING,
      'chroma',
      'chroma',
    );
    expect([isUnchanged, remarks]).toEqual([true, ['no-room-for-colour']]);
    const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([SIZE, SIZE]);
    expect(data.every((value) => value === 128)).toBe(true);
  });

  it('is enlarged all the same by a workflow that does not colour', async () => {
    const { isUnchanged, remarks } = await colour(
      await photo(8, 8, () => 255),
      await plain('#fff', 16),
      'plain',
      'photo',
      'upscale',
    );
    expect([isUnchanged, remarks]).toEqual([undefined, []]);
  });
});

describe('a result without colour', () => {
  const GREY = { 'ddcolor-png': '#808080', 'ddcolor-public-node': '#777' } as const;
  it.each(['ddcolor-png', 'ddcolor-public-node'] as const)(
    'of %s is the photo`s where it has little room',
    async (name) => {
      const page = await photo(SIZE, SIZE, (x, y) => (y % 100 < 3 && x > 200 ? 90 : 255));
      const { isUnchanged, remarks } = await colour(page, await plain(GREY[name]), 'chroma', 'photo', name);
      expect([isUnchanged, remarks]).toEqual([undefined, ['no-room-for-colour']]);
    },
  );

  it.each(['ddcolor-png', 'ddcolor-public-node'] as const)(
    'of %s is an instance fault where it has plenty',
    async (name) => {
      const file = await photo(60, 40, (x, y) => 40 + 2 * x + y);
      for (const output of ['photo', 'chroma'] as const)
        await expect(colour(file, await plain(GREY[name]), 'chroma', output, name)).rejects.toMatchObject({
          name: 'InstanceFault',
          message: 'the workflow saved a picture without any colour',
        });
    },
  );

  it('is no remark where there is colour', async () => {
    const file = await photo(60, 40, (x, y) => 40 + 2 * x + y);
    expect(await colour(file, await plain('#8c5a80'))).toMatchObject({ isUnchanged: undefined, remarks: [] });
  });
});
