/** Tones against LittleCMS, by kind of profile: `test/fixtures/tones/make.py` makes the values. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodePhoto } from '../../worker/imaging/decode.ts';
import { linear, encoded } from '../../colour/srgb.ts';
import { writeTiff } from './support/tiff-writer.ts';

interface Case {
  name: string;
  model: 'grey' | 'rgb' | 'cmyk' | 'lab';
  depth: 8 | 16;
  icc: string;
  stored: number[];
  /** LittleCMS's result, of 16 bits. */
  srgb16: number[];
}

const CASES = JSON.parse(readFileSync('test/fixtures/tones/tones.json', 'utf8')) as Case[];
const BANDS = { grey: 1, rgb: 3, cmyk: 4, lab: 3 };
const PHOTOMETRIC = { grey: 1, rgb: 2, cmyk: 5, lab: 8 };
const limits = { maxMegapixels: 1, scale: 1 };

/** CIELAB of TIFF has a and b as signed numbers. */
function asStored({ model, depth, stored }: Case): Uint8Array | Uint16Array {
  if (model !== 'lab') return depth === 16 ? Uint16Array.from(stored) : Uint8Array.from(stored);
  return depth === 16
    ? Uint16Array.from(stored, (value, i) => (i % 3 === 0 ? value : Math.round((value * 256) / 257) ^ 0x8000))
    : Uint8Array.from(stored, (value, i) => (i % 3 === 0 ? value : value ^ 0x80));
}

/** Levels of 255 between the photo's colours and luminance, and LittleCMS's. */
export async function differenceOf(one: Case) {
  const bands = BANDS[one.model];
  const icc = one.icc ? Buffer.from(one.icc, 'base64') : undefined;
  const file = writeTiff({
    width: one.stored.length / bands,
    data: asStored(one),
    bands,
    photometric: PHOTOMETRIC[one.model],
    ...(icc && { icc }),
  });
  const { grey, rgb, depth } = await decodePhoto(file, limits, true);
  expect(depth).toBe(one.depth);
  const colours = one.srgb16.map((value, i) => Math.abs(rgb![i]! - value / 257));
  const max = depth === 16 ? 65_535 : 255;
  const greys = Array.from(grey, (value, i) => {
    const [r, g, b] = one.srgb16.slice(3 * i, 3 * i + 3).map((v) => linear(v / 65_535)) as [
      number,
      number,
      number,
    ];
    return Math.abs(value / max - encoded(0.2126 * r + 0.7152 * g + 0.0722 * b));
  });
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean: mean(colours), largest: Math.max(...colours), lightness: Math.max(...greys) };
}

describe('tones are those of LittleCMS', () => {
  it.each(CASES.map((one) => [`${one.name}, ${one.depth} bits`, one] as const))('%s', async (_name, one) => {
    const { largest, lightness, mean } = await differenceOf(one);
    if (process.env.PRINT)
      console.log(one.name, one.depth, mean.toFixed(2), largest.toFixed(2), (lightness * 4096).toFixed(2));
    expect(largest).toBeLessThan(2);
    const isTable = one.model === 'cmyk' || one.name.includes('table');
    expect(lightness).toBeLessThan(one.depth === 16 && !isTable ? 1 / 4096 : 2 / 255);
  });
});
