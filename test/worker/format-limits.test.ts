/** A result that its format cannot hold is known from the photo's head: `too-large`, before any time of the GPU. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { workflowSchema } from '../../contract/workflow.ts';
import { LocalImageProcessor } from '../../worker/imaging/image-processor.ts';
import { refuseTooLarge } from '../../worker/imaging/limits.ts';
import { fixture } from './support/fixtures.ts';

const upscale = workflowSchema.parse(JSON.parse(readFileSync('ami/workflow/upscale.json', 'utf8')));

describe('the result of', () => {
  it('a wide WebP that the workflow doubles beyond WebP', async () => {
    const images = new LocalImageProcessor({ maxMegapixels: 100, path: 'chroma', workflow: upscale });
    await expect(images.inspect(fixture('wide_9000.webp'))).rejects.toMatchObject({
      code: 'too-large',
      message:
        'The result would have 18000 x 20 pixels, and a WebP file holds at most 16383 on a side; send a smaller photo, or as PNG or TIFF.',
    });
  });

  it.each([
    ['webp', 8191, 10, 2, undefined],
    ['webp', 8192, 10, 2, /18000|16384 x 20 pixels/],
    ['webp', 10, 8192, 2, /20 x 16384 pixels/],
    ['jpeg', 32_750, 10, 2, undefined],
    ['jpeg', 32_751, 10, 2, /JPEG file holds at most 65500/],
    ['png', 90_000, 10, 2, undefined],
    ['tiff', 11_000, 11_000, 2, undefined],
    ['tiff', 12_000, 12_000, 2, /TIFF file holds at most 500 megapixels/],
    ['webp', 16_383, 1, 1, undefined],
    ['webp', 16_383, 1, 0.5, undefined],
  ] as const)('a %s of %i x %i at %d times', (format, width, height, scale, refused) => {
    const check = () => refuseTooLarge(format, { width, height }, { maxMegapixels: 178, scale });
    if (refused) expect(check).toThrow(refused);
    else expect(check).not.toThrow();
  });
});
