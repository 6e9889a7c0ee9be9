/** Resampling: positions along an axis, and square copies against values computed by hand. */
import { describe, expect, it } from 'vitest';
import { axis, squareCopy } from '../../colour/resample.ts';

describe('an axis', () => {
  it('has corresponding pixel centres, and stays inside', () => {
    const { low, high, part } = axis(4, 2);
    expect([[...low], [...high], [...part]]).toEqual([
      [0, 2],
      [1, 3],
      [0.5, 0.5],
    ]);
    const larger = axis(2, 4);
    expect(larger.low).toEqual(Uint32Array.of(0, 0, 0, 1));
    expect(larger.high).toEqual(Uint32Array.of(1, 1, 1, 1));
    expect(larger.part).toEqual(Float32Array.of(0, 0.25, 0.75, 0));
    expect(axis(1, 3)).toEqual({
      low: new Uint32Array(3),
      high: new Uint32Array(3),
      part: new Float32Array(3),
    });
  });
});

describe('a square copy', () => {
  it('is bilinear', () => {
    const two = Uint8Array.of(0, 100, 40, 200);
    expect([...squareCopy(two, { width: 2, height: 2, channels: 1 }, 4)]).toEqual(
      [
        [0, 25, 75, 100],
        [10, 39, 96, 125],
        [30, 66, 139, 175],
        [40, 80, 160, 200],
      ].flat(),
    );
    const wide = Uint8Array.of(10, 20, 40, 80, 120, 200, 30, 70);
    expect([...squareCopy(wide, { width: 4, height: 2, channels: 1 }, 2)]).toEqual([15, 60, 160, 50]);
  });

  it('of a picture of that size is the picture', () => {
    const data = Uint8ClampedArray.from({ length: 4 * 25 }, (_, i) => (i * 61) % 256);
    expect([...squareCopy(data, { width: 5, height: 5, channels: 4 }, 5)]).toEqual([...data]);
  });

  it.each([1, 3, 4])('of a picture of %i channels changes each by itself', (channels) => {
    const [width, height] = [7, 3];
    const data = Uint8Array.from({ length: width * height * channels }, (_, i) => (i * 37) % 256);
    const all = squareCopy(data, { width, height, channels }, 4);
    for (let c = 0; c < channels; c++) {
      const of = (values: Uint8Array) => values.filter((_, i) => i % channels === c);
      expect([...of(all)]).toEqual([...squareCopy(of(data), { width, height, channels: 1 }, 4)]);
    }
  });
});
