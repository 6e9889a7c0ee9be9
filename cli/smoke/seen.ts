/** What a picture looks like, in numbers, and what a result has to. */
import { f, LINEAR, WHITE_X, WHITE_Z } from '../../colour/lab.ts';

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
    const [r, g, b] = [LINEAR[pixels[p]!]!, LINEAR[pixels[p + 1]!]!, LINEAR[pixels[p + 2]!]!];
    const x = f((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / WHITE_X);
    const y = f(0.2126729 * r + 0.7151522 * g + 0.072175 * b);
    const z = f((0.0193339 * r + 0.119192 * g + 0.9503041 * b) / WHITE_Z);
    sum += Math.hypot(500 * (x - y), 200 * (y - z));
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
