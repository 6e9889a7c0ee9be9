/** Small copies: those of a picture of that size are the picture, and channels do not mix. */
import { describe, expect, it } from 'vitest';
import { axis, squareCopy } from '../../colour/resample.ts';

describe('an axis', () => {
  it('has the centres of both ends at one another', () => {
    const { low, high, part } = axis(4, 2);
    expect([[...low], [...high], [...part]]).toEqual([
      [0, 2],
      [1, 3],
      [0.5, 0.5],
    ]);
  });
});

describe('a square copy', () => {
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
