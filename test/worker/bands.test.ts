/** What each band of a photo is: its colours and opacity come out as they are stored, and what is neither is left alone. */
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodePhoto } from '../../worker/imaging/decode.ts';
import { fixture } from './support/fixtures.ts';
import { writeTiff, type TiffBands } from './support/tiff-writer.ts';

const [WIDTH, HEIGHT] = [12, 8];
const COUNT = WIDTH * HEIGHT;
const [UNSPECIFIED, ASSOCIATED, UNASSOCIATED] = [0, 1, 2];
const decode = (file: Buffer) => decodePhoto(file, { maxMegapixels: 1, scale: 1 }, true);

/** Each band has values of its own, of 8 bits. */
const value = (band: number, i: number) => 20 + ((i * (3 + 2 * band) + 41 * band) % 200);
const band = (k: number) => Array.from({ length: COUNT }, (_, i) => value(k, i));

/** @param opacity index of the band of which the others are multiplied */
function file(
  depth: 8 | 16,
  bands: number,
  tiff: Omit<TiffBands, 'width' | 'data' | 'bands'>,
  opacity?: number,
) {
  const scale = depth === 16 ? 257 : 1;
  const stored = Array.from({ length: COUNT * bands }, (_, p) => {
    const [k, i] = [p % bands, Math.floor(p / bands)];
    const factor = opacity === undefined || k === opacity ? 1 : value(opacity, i) / 255;
    return Math.round(value(k, i) * factor * scale);
  });
  const data = depth === 16 ? Uint16Array.from(stored) : Uint8Array.from(stored);
  return writeTiff({ width: WIDTH, data, bands, ...tiff });
}

type Row = [name: string, photometric: number, colours: number, extra: number[], alpha: number | undefined];
const ROWS: Row[] = [
  ['grey', 1, 1, [], undefined],
  ['grey and opacity', 1, 1, [UNASSOCIATED], 1],
  ['grey and an infrared band', 1, 1, [UNSPECIFIED], undefined],
  ['grey, a mask and opacity', 1, 1, [UNSPECIFIED, UNASSOCIATED], 2],
  ['grey and three spot colours', 1, 1, [UNSPECIFIED, UNSPECIFIED, UNSPECIFIED], undefined],
  ['white is zero', 0, 1, [], undefined],
  ['white is zero, and opacity', 0, 1, [UNASSOCIATED], 1],
  ['RGB', 2, 3, [], undefined],
  ['RGB and opacity', 2, 3, [UNASSOCIATED], 3],
  ['RGB and opacity, multiplied', 2, 3, [ASSOCIATED], 3],
  ['RGB and an infrared band', 2, 3, [UNSPECIFIED], undefined],
  ['RGB and two selections', 2, 3, [UNSPECIFIED, UNSPECIFIED], undefined],
  ['RGB, opacity and a selection', 2, 3, [UNASSOCIATED, UNSPECIFIED], 3],
  ['RGB, a selection and opacity, multiplied', 2, 3, [UNSPECIFIED, ASSOCIATED], 4],
  ['RGB and nine bands', 2, 3, Array<number>(9).fill(UNSPECIFIED), undefined],
];

describe.each([8, 16] as const)('a TIFF of %i bits', (depth) => {
  describe.each([false, true])('planar: %s', (planar) => {
    it.each(ROWS)('%s', async (_name, photometric, colours, extra, alpha) => {
      const isMultiplied = extra.includes(ASSOCIATED);
      const bands = colours + extra.length;
      const tiff = { photometric, extra, planar };
      const photo = await decode(file(depth, bands, tiff, isMultiplied ? alpha : undefined));
      expect([photo.width, photo.height, photo.depth]).toEqual([WIDTH, HEIGHT, depth]);
      const scale = depth === 16 ? 257 : 1;
      const expected = Array.from({ length: 3 }, (_, c) => band(colours === 3 ? c : 0));
      const got = expected.map((_, c) => band(c).map((_v, i) => photo.rgb![3 * i + c]!));
      const wanted = photometric === 0 ? expected.map((one) => one.map((v) => 255 - v)) : expected;
      // Dividing by an opacity of 20 of 255 leaves 20 levels.
      const tolerance = isMultiplied && depth === 8 ? 7 : isMultiplied ? 1 : 0;
      for (const [c, one] of wanted.entries())
        for (const [i, v] of one.entries()) expect(Math.abs(got[c]![i]! - v)).toBeLessThanOrEqual(tolerance);
      if (colours === 1) expect([...photo.grey]).toEqual(wanted[0]!.map((v) => v * scale));
      expect(photo.alpha && [...photo.alpha]).toEqual(
        alpha === undefined ? undefined : band(alpha).map((v) => v * scale),
      );
    });
  });
});

/** Values at (20, 10), (80, 60) and (150, 110). */
const POINTS = [10 * 160 + 20, 60 * 160 + 80, 110 * 160 + 150];

describe('the bands of', () => {
  it.each<[string, string, number[][], number[] | undefined]>([
    [
      'RGB and two saved selections',
      'rgb8_2sel5.tif',
      [
        [45, 40, 36],
        [130, 117, 104],
        [225, 202, 180],
      ],
      undefined,
    ],
    [
      'RGB and infrared of VueScan',
      'vuescan_rgbi64.tif',
      [
        [45, 40, 36],
        [130, 117, 104],
        [225, 202, 180],
      ],
      undefined,
    ],
    ['grey and opacity', 'la8.tif', [[45], [130], [225]], [32, 128, 240]],
  ])('%s', async (_name, name, colours, alpha) => {
    const photo = await decode(fixture(name));
    expect([photo.width, photo.height]).toEqual([160, 120]);
    const rgb = POINTS.map((i) => [...photo.rgb!.subarray(3 * i, 3 * i + colours[0]!.length)]);
    expect(rgb).toEqual(colours);
    expect(photo.alpha && POINTS.map((i) => photo.alpha![i])).toEqual(alpha);
  });

  it('a PNG of grey and opacity, 16 bits', async () => {
    const grey = Uint16Array.from({ length: COUNT }, (_, i) => 600 * i + 7);
    const alpha = Uint16Array.from({ length: COUNT }, (_, i) => 65_535 - 500 * i);
    const tiff = writeTiff({
      ...{ width: WIDTH, bands: 2, photometric: 1, extra: [UNASSOCIATED] },
      data: Uint16Array.from({ length: 2 * COUNT }, (_, p) => (p % 2 ? alpha : grey)[p >> 1]!),
    });
    const photo = await decode(await sharp(tiff).toColourspace('grey16').png().toBuffer());
    expect([[...photo.grey], [...photo.alpha!]]).toEqual([[...grey], [...alpha]]);
  });
});

it('colours that no opacity shows stay as they are stored', async () => {
  const data = Uint8Array.of(90, 60, 30, 0, 45, 30, 15, 127);
  const photo = await decode(writeTiff({ width: 2, data, bands: 4, photometric: 2, extra: [ASSOCIATED] }));
  expect([...photo.rgb!]).toEqual([90, 60, 30, 90, 60, 30]);
});
