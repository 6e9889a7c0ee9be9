/** Which pictures have room for colour, by the gamut of sRGB. */
import { describe, expect, it } from 'vitest';
import { mergeChroma } from '../../colour/merge.ts';
import { roomForColour, type Room } from '../../colour/room.ts';

const spread = (from: number, to: number, count = 100) =>
  Array.from({ length: count }, (_, k) => Math.round(from + ((to - from) * k) / (count - 1)));
const many = (value: number, count: number) => Array<number>(count).fill(value);

describe('room for colour', () => {
  it.each<[string, number[], Room]>([
    ['a photo', spread(20, 230), 'plenty'],
    ['a photo of low contrast', spread(100, 116), 'plenty'],
    ['all white', many(255, 9), 'none'],
    ['all black', many(0, 9), 'none'],
    ['line art', [0, 255, 1, 254], 'none'],
    ['nearly white', spread(251, 255), 'none'],
    ['nearly black', spread(0, 5), 'none'],
    ['white with one tone that shows 2 units of chroma', [...many(255, 99), 250], 'little'],
    ['black with one such tone', [...many(0, 99), 6], 'little'],
    ['a dark negative', spread(0, 12), 'little'],
    ['a flat picture', many(90, 9), 'little'],
    ['a page with little text', [...many(255, 95), ...spread(20, 230, 5)], 'little'],
    ['a page with much text', [...many(255, 85), ...spread(20, 230, 15)], 'plenty'],
    ['white with a speck', [...many(255, 4999), 90], 'none'],
    ['white with two', [...many(255, 4998), 90, 91], 'little'],
    ['nothing', [], 'none'],
  ])('of %s', (_name, tones, room) => {
    expect(roomForColour(Uint8Array.from(tones))).toBe(room);
  });

  it('is where a chroma of 2 units changes the merged pixel in every hue', () => {
    const shows = (grey: number, hue: number) => {
      const [x, z] = [Math.cos(hue) / 250, -Math.sin(hue) / 100].map((value) => Float32Array.of(value));
      const [r, g, b] = mergeChroma(Uint8Array.of(grey), 1, 1, { width: 1, height: 1, x: x!, z: z! });
      return r !== g || g !== b;
    };
    for (const grey of spread(6, 250, 30))
      for (const hue of spread(0, 6, 30)) expect(shows(grey, hue)).toBe(true);
  });
});
