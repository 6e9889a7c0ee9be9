/** What a picture looks like, in numbers, and what a result has to. */
import { abOf } from '../../colour/chroma.ts';

/** Mean chroma of Lab from which a picture is in colour: grey has 0, what DDColor makes of photos some 10 to 25. */
export const LEAST_CHROMA = 3;

export interface Picture {
  width: number;
  height: number;
  /** Mean over all pixels. */
  chroma: number;
}

/** @param pixels three bytes each, sRGB */
export function meanChroma(pixels: Uint8Array): number {
  let sum = 0;
  for (let p = 0; p + 2 < pixels.length; p += 3) {
    sum += Math.hypot(...abOf(pixels[p]!, pixels[p + 1]!, pixels[p + 2]!));
  }
  return sum / (pixels.length / 3);
}

/** What is wrong with a result; undefined when nothing is. */
export function defectOf(photo: Picture, result: Picture): string | undefined {
  if (result.width !== photo.width || result.height !== photo.height) {
    return `The result has ${result.width} x ${result.height} pixels, the photo ${photo.width} x ${photo.height}.`;
  }
  if (result.chroma >= LEAST_CHROMA) return undefined;
  return `The result is not in colour: its mean chroma is ${result.chroma.toFixed(1)}, wanted at least ${LEAST_CHROMA}.`;
}
