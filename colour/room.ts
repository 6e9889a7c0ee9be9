/**
 * Whether a picture has room for colour: near black and white the gamut of sRGB closes, so that a page of white paper or a black frame
 * is the same picture in colour.
 */
import { EPSILON, f, LINEAR, SLOPE, WHITE_X, WHITE_Z } from './chroma.ts';
import type { Bytes } from './srgb.ts';

/**
 * `none`: no pixel can show a colour, or a speck alone. `plenty`: a result without any colour was not coloured. `little`: either may happen, as with a
 * page of text.
 */
export type Room = 'none' | 'little' | 'plenty';

/** Chroma in Lab units: the least that shows, and that of ordinary colours. */
const [SHOWS, ORDINARY] = [2, 5];
/** Hues that are tried. */
const HUES = 72;
/** Part of the pixels that nobody sees: 7 x 7 of 512 x 512. */
const SPECK = 1 / 5000;
/** Part of the pixels, and levels between the darkest and the lightest of them, that a photo has at least. */
const [LEAST_PART, LEAST_LEVELS] = [0.1, 16];
/** Rounding of the matrix. */
const GAMUT_TOLERANCE = 1e-4;

/** Whether a grey value can have this chroma in every hue, inside of the gamut of sRGB. */
function fits(grey: number, chroma: number): boolean {
  const y = LINEAR[grey]!;
  const fy = f(y);
  const inverse = (t: number) => (t > EPSILON ? t ** 3 : SLOPE * (t - 4 / 29));
  for (let k = 0; k < HUES; k++) {
    const hue = (2 * Math.PI * k) / HUES;
    const x = WHITE_X * inverse(fy + (chroma * Math.cos(hue)) / 500);
    const z = WHITE_Z * inverse(fy - (chroma * Math.sin(hue)) / 200);
    const rgb = [
      3.2404542 * x - 1.5371385 * y - 0.4985314 * z,
      -0.969266 * x + 1.8760108 * y + 0.041556 * z,
      0.0556434 * x - 0.2040259 * y + 1.0572252 * z,
    ];
    if (rgb.some((value) => value < -GAMUT_TOLERANCE || value > 1 + GAMUT_TOLERANCE)) return false;
  }
  return true;
}

const table = (chroma: number) => Array.from({ length: 256 }, (_, grey) => fits(grey, chroma));
/** By grey value: 6 to 250, and 14 to 244. */
const [CAN_SHOW, HAS_PLENTY] = [table(SHOWS), table(ORDINARY)];

/** @param grey one byte per pixel, as the network sees the picture */
export function roomForColour(grey: Bytes): Room {
  const counts = new Uint32Array(256);
  for (let i = 0; i < grey.length; i++) counts[grey[i]!]!++;
  const tonesWith = (can: readonly boolean[]) =>
    [...counts.keys()].filter((value) => can[value] && counts[value]! > 0);
  const pixelsOf = (tones: readonly number[]) => tones.reduce((sum, value) => sum + counts[value]!, 0);
  if (pixelsOf(tonesWith(CAN_SHOW)) <= SPECK * grey.length) return 'none';
  const tones = tonesWith(HAS_PLENTY);
  const levels = tones.length === 0 ? 0 : tones.at(-1)! - tones[0]!;
  return pixelsOf(tones) >= LEAST_PART * grey.length && levels >= LEAST_LEVELS ? 'plenty' : 'little';
}
