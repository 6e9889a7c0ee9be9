/** Lightness: the luminance of colours, whole and in strips, and where colour can show. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lightness, lightnessInto } from '../../colour/lightness.ts';

describe('the lightness of a picture', () => {
  it('is the luminance of its colours', () => {
    const primaries = Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255, 119, 119, 119);
    // CIE luminance of sRGB's primaries, back through its curve: 0.2126, 0.7152 and 0.0722.
    expect([...lightness(primaries, 3)]).toEqual([127, 220, 76, 119]);
    expect([...lightness(Uint8Array.of(255, 255, 255, 0, 0, 0), 3)]).toEqual([255, 0]);
  });

  it('is the same of a canvas, whatever its opacity, and strip by strip', () => {
    const sizes = { width: fc.integer({ min: 1, max: 9 }), height: fc.integer({ min: 1, max: 9 }) };
    fc.assert(
      fc.property(fc.record(sizes), fc.nat({ max: 9 }), fc.nat(), ({ width, height }, cut, seed) => {
        const canvas = Uint8ClampedArray.from(
          { length: 4 * width * height },
          (_, i) => (seed + i * 97) % 256,
        );
        const rgb = canvas.filter((_, i) => i % 4 < 3);
        const whole = lightness(rgb, 3);
        const grey = new Uint8ClampedArray(width * height);
        const first = Math.min(cut, height) * width;
        lightnessInto(canvas.subarray(0, 4 * first), 4, grey, 0);
        lightnessInto(canvas.subarray(4 * first), 4, grey, first);
        expect([...grey]).toEqual([...whole]);
      }),
      { seed: 7 },
    );
  });

  it('is never written outside of the picture', () => {
    expect(() => lightnessInto(new Uint8Array(8), 4, new Uint8Array(2), 1)).toThrow(
      new RangeError('a strip up to 3 in a picture of 2 pixels'),
    );
    const grey = Uint8Array.of(9, 9, 9, 9);
    lightnessInto(new Uint8Array(6), 3, grey, 1);
    expect([...grey]).toEqual([9, 0, 0, 9]);
  });
});
