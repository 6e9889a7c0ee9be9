/** Chroma as bytes: how it travels between those who compute it and those who merge it. */
import { LEAST } from './lab.ts';
import { chromaOfPicture } from './merge.ts';
import type { Bytes, Pixels } from './pixels.ts';

/** What a or b of nothing is; and blue, which says nothing and is always this. */
const NONE = -LEAST;

/** Lab's a + 128 as red and b + 128 as green of a picture in colour, three channels, to be read by `chromaOfAb`. */
export function abOfPicture(picture: Pixels): Uint8Array {
  const { x, z } = chromaOfPicture(picture);
  const data = new Uint8Array(3 * x.length).fill(NONE);
  for (let i = 0, p = 0; i < x.length; i++, p += 3) {
    data[p] = Math.round(500 * x[i]!) + NONE;
    data[p + 1] = Math.round(-200 * z[i]!) + NONE;
  }
  return data;
}

/** Whether there is no colour at all in a and b as bytes, three channels. */
export function isWithoutColour(ab: Bytes): boolean {
  for (let p = 0; p < ab.length; p += 3) if (ab[p] !== NONE || ab[p + 1] !== NONE) return false;
  return true;
}
