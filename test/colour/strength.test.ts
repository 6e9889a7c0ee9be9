/** Strength: a part of the chroma, between the photo's tones and the network's colours. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chromaOfAb, withStrength, type Chroma } from '../../colour/chroma.ts';
import { mergeChroma } from '../../colour/merge.ts';
import { ScalarMerger } from '../../colour/scalar/merge.ts';
import { labOf } from '../../tools/bench/ciede2000.ts';

const [WIDTH, HEIGHT] = [9, 5];
const picture = fc.record({
  grey: fc.uint8Array({ minLength: WIDTH * HEIGHT, maxLength: WIDTH * HEIGHT }),
  ab: fc.uint8Array({ minLength: 12, maxLength: 12 }),
});
const small = (data: Uint8Array): Chroma => chromaOfAb({ width: 2, height: 2, data });
const at = (grey: Uint8Array, ab: Uint8Array, percent: number) =>
  mergeChroma(grey, WIDTH, HEIGHT, withStrength(small(ab), percent));
const RUNS = { seed: 27, numRuns: 60 };

describe('a strength', () => {
  it('of 100 is the chroma itself, to the last bit', () => {
    fc.assert(
      fc.property(picture, ({ grey, ab }) => {
        expect(at(grey, ab, 100)).toEqual(mergeChroma(grey, WIDTH, HEIGHT, small(ab)));
      }),
      RUNS,
    );
  });

  it('of 0 keeps every tone of the photo', () => {
    fc.assert(
      fc.property(picture, ({ grey, ab }) => {
        at(grey, ab, 0).forEach((value, i) =>
          expect(Math.abs(value - grey[Math.floor(i / 3)]!)).toBeLessThan(2),
        );
      }),
      RUNS,
    );
  });

  it('in between leaves the chroma of the caller as it is', () => {
    const chroma = small(Uint8Array.of(200, 60, 128, 90, 190, 128, 128, 128, 128, 10, 250, 128));
    const before = structuredClone(chroma);
    expect(withStrength(chroma, 50).x[0]).toBeCloseTo(chroma.x[0]! / 2, 6);
    expect(chroma).toEqual(before);
  });

  // Within the gamut of sRGB, that is: where a channel is clipped, lightness and chroma change.
  it('adds the more colour the greater it is', () => {
    const modest = fc.array(fc.integer({ min: 108, max: 148 }), { minLength: 2, maxLength: 2 });
    fc.assert(
      fc.property(fc.integer({ min: 90, max: 170 }), modest, (tone, [a, b]) => {
        const grey = new Uint8Array(WIDTH * HEIGHT).fill(tone);
        const ab = Uint8Array.from({ length: 12 }, (_, i) => [a!, b!, 128][i % 3]!);
        const saturations = [0, 20, 40, 60, 80, 100].map((percent) => {
          const [, labA, labB] = labOf(at(grey, ab, percent), 0);
          return Math.hypot(labA, labB);
        });
        const full = saturations.at(-1)!;
        // A level of 8 bits is up to 0.7 of a or b.
        saturations.forEach((one, k) => expect(Math.abs(one - (full * k) / 5)).toBeLessThan(1));
      }),
      RUNS,
    );
  });

  it('is the same by kernels and by the scalar reference, to a level', () => {
    fc.assert(
      fc.property(picture, fc.integer({ min: 0, max: 100 }), ({ grey, ab }, percent) => {
        const out = new Uint8Array(3 * grey.length);
        new ScalarMerger(WIDTH, HEIGHT, withStrength(small(ab), percent)).merge(grey, 0, HEIGHT, out, 3);
        at(grey, ab, percent).forEach((value, i) => expect(Math.abs(value - out[i]!)).toBeLessThanOrEqual(1));
      }),
      RUNS,
    );
  });
});
