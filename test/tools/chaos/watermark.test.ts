/** The watermark of a picture is legible after encoding. */
import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { chaosPhoto } from '../../../tools/chaos/photos.ts';
import { draw, MOST, read } from '../../../tools/chaos/watermark.ts';

const blank = (width: number, height: number) => ({
  width,
  height,
  channels: 1,
  data: new Uint8Array(width * height).fill(128),
});

describe('the watermark', () => {
  it('is read back at any size', () => {
    fc.assert(
      fc.property(
        fc.nat(MOST),
        fc.integer({ min: 24, max: 400 }),
        fc.integer({ min: 24, max: 400 }),
        (value, w, h) => {
          const picture = blank(w, h);
          draw(picture, value);
          expect(read(picture)).toBe(value);
        },
      ),
      { seed: 1, numRuns: 300 },
    );
  });

  it('is undefined in a blank picture', () => expect(read(blank(100, 100))).toBeUndefined());

  it.each([-1, 1.5, MOST + 1])('rejects %d', (value) =>
    expect(() => draw(blank(100, 100), value)).toThrow(`whole number from 0 to ${MOST}`),
  );

  it.each([0, 1, 2, 3])('is legible in the format of photo %d', async (number) => {
    const photo = chaosPhoto(number, 3);
    const { data, info } = await sharp(await photo.make())
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect(read({ ...info, data })).toBe(photo.watermark);
    expect(info).toMatchObject({ width: photo.picture!.width, height: photo.picture!.height });
  });
});
