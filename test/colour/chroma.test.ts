/** Chroma: Lab's a and b against a reference, and as bytes that are read again, with opacity too. */
import { describe, expect, it } from 'vitest';
import { abOfPicture, chromaOfAb, chromaOfPicture, isWithoutColour } from '../../colour/chroma.ts';
import { mergeChroma } from '../../colour/merge.ts';
import { difference, labOf } from '../../tools/bench/ciede2000.ts';

/** Every 51st step of each channel. */
const CUBE = Uint8Array.from({ length: 3 * 216 }, (_, i) => 51 * (Math.floor(i / 3 / 6 ** (i % 3)) % 6));
const cube = { width: 216, height: 1, data: CUBE };
const withOpacity = (rgb: Uint8Array, opacity: number) =>
  Uint8ClampedArray.from({ length: (rgb.length / 3) * 4 }, (_, i) =>
    i % 4 < 3 ? rgb[3 * Math.floor(i / 4) + (i % 4)]! : opacity,
  );

describe('a and b of a picture', () => {
  it('are Lab`s, rounded, and blue is 128', () => {
    const ab = abOfPicture(cube);
    for (let p = 0; p < CUBE.length; p += 3) {
      const [, a, b] = labOf(CUBE, p);
      expect(Math.abs(ab[p]! - 128 - a)).toBeLessThan(0.51);
      expect(Math.abs(ab[p + 1]! - 128 - b)).toBeLessThan(0.51);
      expect(ab[p + 2]).toBe(128);
    }
  });

  it('give the colours that the picture`s own chroma gives', () => {
    const grey = new Uint8Array(216).fill(120);
    const own = mergeChroma(grey, 216, 1, chromaOfPicture(cube));
    const sent = mergeChroma(grey, 216, 1, chromaOfAb({ ...cube, data: abOfPicture(cube) }));
    // Below the threshold of perception.
    const { mean, p99 } = difference(own, sent);
    expect(mean).toBeLessThan(0.5);
    expect(p99).toBeLessThan(1);
  });

  it('are the same with opacity, written and read', () => {
    const canvas = { ...cube, data: withOpacity(CUBE, 200), channels: 4 as const };
    expect(abOfPicture(canvas)).toEqual(abOfPicture(cube));
    const ab = abOfPicture(cube);
    const decoded = chromaOfAb({ ...cube, data: withOpacity(ab, 255), channels: 4 });
    expect(decoded).toEqual(chromaOfAb({ ...cube, data: ab }));
  });

  it('are zero for greys only', () => {
    const greys = Uint8Array.from({ length: 768 }, (_, i) => Math.floor(i / 3));
    expect(isWithoutColour(abOfPicture({ width: 256, height: 1, data: greys }))).toBe(true);
    expect(isWithoutColour(abOfPicture(cube))).toBe(false);
    expect(isWithoutColour(Uint8Array.of(128, 128, 0, 128, 129, 0))).toBe(false);
    expect(isWithoutColour(Uint8Array.of(128, 128, 0, 127, 128, 0))).toBe(false);
  });
});
