/** Which picture of a file is coloured: the first full page, wherever it is; never a thumbnail, a mask or a preview. */
import { describe, expect, it } from 'vitest';
import { inspectPhoto } from '../../worker/imaging/inspect.ts';
import { tiffPictures } from '../../worker/imaging/tiff.ts';
import { decoded, fixture, outcomeOf } from './support/fixtures.ts';
import { SHORT, structure } from './support/tiff-builder.ts';

const hasMore = async (name: string) =>
  (await inspectPhoto(fixture(name), { maxMegapixels: 1, scale: 1 })).hasMore;

describe('the full picture', () => {
  it.each([
    ['a thumbnail first', 'thumb_first.tif', 160, 120, false],
    ['a thumbnail by the old tag', 'thumbnail_old_tag.tif', 80, 60, false],
    ['a thumbnail that is not marked', 'thumbnail_unmarked.tif', 80, 60, false],
    ['a thumbnail, then two pages', 'thumbnail_then_pages.tif', 80, 60, true],
    ['a mask first', 'mask_first.tif', 80, 60, false],
    ['in a sub-directory', 'subifd.tif', 80, 60, false],
    ['in the second sub-directory, BigTIFF', 'subifd_second_big_endian.tif', 80, 60, false],
    ['smaller copies in sub-directories', 'subifd_pyramid.tif', 80, 60, false],
    ['smaller copies as pages', 'pyramid.tif', 80, 60, false],
    ['smaller copies that are not marked', 'pyramid_unmarked.tif', 80, 60, false],
    ['a reduced picture alone', 'reduced_alone.tif', 80, 60, false],
    ['two pages', 'two_pages.tif', 80, 60, true],
    ['a second page that cannot be read', 'second_page_zstd.tif', 80, 60, true],
    ['an animated PNG', 'animated.png', 80, 60, true],
    ['an animated WebP', 'animated.webp', 80, 60, true],
    ['an animated AVIF', 'animated.avif', 80, 60, true],
  ])('%s', async (_name, file, width, height, more) => {
    const picture = await decoded(fixture(file));
    expect([picture.width, picture.height]).toEqual([width, height]);
    // Each full page of these files gets lighter from the upper left to the lower right; second pages are its negative.
    expect(picture.data[0]).toBeLessThan(80);
    expect(picture.data.at(-1)).toBeGreaterThan(180);
    expect(await hasMore(file)).toBe(more);
  });

  it('decides whether a file is supported, not its thumbnail', async () => {
    const file = fixture('thumbnail_then_pages.tif');
    // The compression of the second directory, which is the full picture's: Zstandard.
    const second = file.readUInt32LE(file.readUInt32LE(4) + 2 + 12 * file.readUInt16LE(file.readUInt32LE(4)));
    for (let at = second + 2; ; at += 12)
      if (file.readUInt16LE(at) === 259) {
        file.writeUInt16LE(50_000, at + 8);
        break;
      }
    expect(await outcomeOf(file)).toContain(
      'unsupported-format: The file is a TIFF with compression Zstandard',
    );
  });
});

const SIGNED = 9;

it('tags are read as the decoder reads them: numbers of any type, the first of two, and without a next page', () => {
  const entries = [
    [256, SIGNED, [8]],
    [257, SHORT, [6]],
    [259, SHORT, [5]],
    [259, SHORT, [50_000]],
  ] as const;
  const file = structure({ entries }, true);
  const picture = { width: 8, height: 6, compression: 5 };
  expect(tiffPictures(file)).toMatchObject([picture]);
  expect(tiffPictures(file.subarray(0, -4))).toMatchObject([picture]);
});
