/** The limits on the parts of a file, and the time that checking them takes. */
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { chunk, latin1, manyScans, png, repeated, tiff } from '../../tools/hostile/containers.ts';
import { tooManyParts, withoutTexts } from '../../worker/imaging/structure.ts';
import type { Format } from '../../worker/imaging/formats.ts';

describe('too many parts', () => {
  it.each<[string, Format, () => Buffer, string | undefined]>([
    ['a JPEG of 50 scans', 'jpeg', () => manyScans(64, 50), undefined],
    ['a JPEG of 51 scans', 'jpeg', () => manyScans(64, 51), 'more than 50 scans'],
    ['a JPEG whose segment ends after the file', 'jpeg', () => latin1('\xff\xd8\xff\xe0\xff\xff'), undefined],
    ['a JPEG that ends in a marker', 'jpeg', () => latin1('\xff\xd8\xff\xda'), undefined],
    ['a TIFF of 1,000 pages', 'tiff', () => tiff(1000), undefined],
    ['a TIFF of 1,001 pages', 'tiff', () => tiff(1001), 'more than 1000 pages'],
    ['a BigTIFF of 1,001 pages', 'tiff', () => tiff(1001, {}, { big: true }), 'more than 1000 pages'],
    ['a TIFF whose pages go round', 'tiff', () => tiff(3, {}, { next: 8 }), undefined],
    ['a TIFF without a directory', 'tiff', () => latin1('II*\0'), undefined],
    ['a PNG', 'png', () => png(8, 8), undefined],
  ])('%s', (_name, format, make, expected) => {
    expect(tooManyParts(format, make())).toBe(expected);
  });

  it('counts the scans of a real progressive JPEG as its encoder wrote them', async () => {
    const file = await sharp({ create: { width: 64, height: 64, channels: 3, background: '#a66' } })
      .jpeg({ progressive: true })
      .toBuffer();
    expect(tooManyParts('jpeg', file)).toBeUndefined();
  });
});

describe('the texts of a PNG', () => {
  const text = chunk('zTXt', latin1('a\0\0'));
  it('are left out, and nothing else', () => {
    const gamma = chunk('gAMA', Buffer.alloc(4));
    const withTexts = png(8, 8, { extra: [text, gamma, text, text] });
    expect(withoutTexts(withTexts)).toEqual(png(8, 8, { extra: [gamma] }));
    expect(withoutTexts(png(8, 8))).toEqual(png(8, 8));
    const last = Buffer.concat([png(8, 8), text, latin1('after')]);
    expect(withoutTexts(last)).toEqual(Buffer.concat([png(8, 8), latin1('after')]));
  });

  it('may be cut off', () => {
    const cut = png(8, 8, { extra: [text] }).subarray(0, 46);
    expect(withoutTexts(cut)).toEqual(cut.subarray(0, 33));
  });
});

/** Processor milliseconds of a check: the least of three. */
function leastOf(check: () => unknown): number {
  let least = Infinity;
  for (let k = 0; k < 3; k++) {
    const before = process.cpuUsage();
    check();
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1000);
  }
  return least;
}
/** Below this the garbage collector decides. */
const LEAST_MS = 5;

describe('checking takes time in proportion to the length', () => {
  it.each<[string, (bytes: number) => Buffer, (body: Buffer) => unknown]>([
    ['of scans', (bytes) => repeated('\xff\xc4\0\x02', bytes), (body) => tooManyParts('jpeg', body)],
    ['of fill bytes', (bytes) => repeated('\xff', bytes), (body) => tooManyParts('jpeg', body)],
    ['of stuffed bytes', (bytes) => repeated('\xff\0', bytes), (body) => tooManyParts('jpeg', body)],
    ['of pages', (bytes) => tiff(Math.floor(bytes / 114)), (body) => tooManyParts('tiff', body)],
    [
      'of texts',
      (bytes) => png(8, 8, { extra: Array<Buffer>(Math.floor(bytes / 13)).fill(chunk('tEXt', latin1('a'))) }),
      withoutTexts,
    ],
  ])('%s', (_name, make, check) => {
    const [small, large] = [make(100_000), make(1_000_000)].map((body) => leastOf(() => check(body)));
    expect(large).toBeLessThan(12 * Math.max(small!, LEAST_MS));
    expect(large).toBeLessThan(50);
  });
});
