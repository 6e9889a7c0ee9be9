/** The merge: lightness is kept, chroma is interpolated, strips equal the whole. Against ComfyUI: `test/worker/merge.test.ts`. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chromaOfAb, chromaOfPicture } from '../../colour/chroma.ts';
import { mergeChroma, Merger } from '../../colour/merge.ts';
import type { Channels } from '../../colour/srgb.ts';
import { labOf } from '../../tools/bench/ciede2000.ts';

describe('the merge', () => {
  it('keeps lightness to a step of 8 bits where sRGB has room for the colour', () => {
    const grey = Uint8Array.from({ length: 256 }, (_, v) => v);
    const small = { width: 1, height: 1, data: Uint8Array.of(120, 100, 110) };
    const out = mergeChroma(grey, 256, 1, chromaOfPicture(small));
    for (let v = 30; v < 240; v++) {
      const [lightness] = labOf(out, 3 * v);
      const [wanted] = labOf(Uint8Array.of(v, v, v), 0);
      expect(Math.abs(lightness - wanted)).toBeLessThan(0.4);
    }
  });

  it('interpolates from one hue to the next without a step', () => {
    const small = { width: 2, height: 1, data: Uint8Array.of(150, 110, 110, 110, 120, 150) };
    const out = mergeChroma(new Uint8Array(300).fill(120), 300, 1, chromaOfPicture(small));
    for (let x = 1; x < 300; x++) {
      for (const c of [0, 1, 2])
        expect(Math.abs(out[3 * x + c]! - out[3 * x - 3 + c]!)).toBeLessThanOrEqual(1);
    }
    expect(out[0]! - out[2]!).toBeGreaterThan(20);
    expect(out[897]! - out[899]!).toBeLessThan(-20);
  });

  it('uses a and b that are outside of the gamut of sRGB', () => {
    const small = { width: 1, height: 1, data: Uint8Array.of(128 + 40, 128 - 30, 128) };
    const out = mergeChroma(Uint8Array.of(120), 1, 1, chromaOfAb(small));
    const [, a, b] = labOf(out, 0);
    expect(a).toBeCloseTo(40, 0);
    expect(b).toBeCloseTo(-30, 0);
  });

  it('interpolates between rows as between columns', () => {
    const data = Uint8Array.of(150, 110, 110, 110, 120, 150);
    const grey = new Uint8Array(50).fill(120);
    const across = mergeChroma(grey, 50, 1, chromaOfPicture({ width: 2, height: 1, data }));
    const down = mergeChroma(grey, 1, 50, chromaOfPicture({ width: 1, height: 2, data }));
    across.forEach((value, i) => expect(Math.abs(value - down[i]!)).toBeLessThanOrEqual(1));
  });

  it('clips channels below 0 and above 255', () => {
    const ab = chromaOfAb({ width: 1, height: 1, data: Uint8Array.of(255, 255, 128) });
    const out = mergeChroma(Uint8Array.of(120, 250), 2, 1, ab);
    expect([out[0], out[2], out[3], out[5]]).toEqual([255, 0, 255, 0]);
  });

  it('is grey for a small picture without colour', () => {
    const small = { width: 2, height: 2, data: new Uint8Array(12).fill(90) };
    const grey = Uint8Array.from({ length: 64 }, (_, v) => 4 * v);
    const out = mergeChroma(grey, 8, 8, chromaOfPicture(small));
    grey.forEach((v, i) => expect([...out.subarray(3 * i, 3 * i + 3)]).toEqual([v, v, v]));
  });
});

describe('the merge in strips', () => {
  const bytes = (length: number, seed: number) =>
    Uint8Array.from({ length }, (_, i) => ((seed + i) * 2_654_435_761) >>> 24);
  const shape = fc.record({
    width: fc.integer({ min: 1, max: 12 }),
    height: fc.integer({ min: 1, max: 12 }),
    size: fc.integer({ min: 1, max: 5 }),
    rows: fc.integer({ min: 1, max: 12 }),
    channels: fc.constantFrom<Channels>(3, 4),
    seed: fc.nat(),
  });

  it('equals the merge of the whole, and leaves opacity as it is', () => {
    fc.assert(
      fc.property(shape, ({ width, height, size, rows, channels, seed }) => {
        const grey = bytes(width * height, seed);
        const small = chromaOfAb({ width: size, height: size, data: bytes(3 * size * size, seed + 1) });
        const whole = mergeChroma(grey, width, height, small);
        const out = Uint8ClampedArray.from(bytes(channels * width * height, seed + 2));
        const opacity = out.filter((_, i) => i % channels === 3);
        const merger = new Merger(width, height, small);
        for (let from = 0; from < height; from += rows) {
          const to = Math.min(from + rows, height);
          const strip = grey.subarray(from * width, to * width);
          merger.merge(
            strip,
            from,
            to,
            out.subarray(from * width * channels, to * width * channels),
            channels,
          );
        }
        expect([...out.filter((_, i) => i % channels < 3)]).toEqual([...whole]);
        expect([...out.filter((_, i) => i % channels === 3)]).toEqual([...opacity]);
      }),
      { seed: 11 },
    );
  });
});
