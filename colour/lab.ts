/** What Lab (CIE 15:2004, 8.2.1) of D65 needs, for 8-bit sRGB. */
import { linear } from './srgb.ts';

export const [WHITE_X, WHITE_Z] = [0.95047, 1.08883];
/** What a and b have in 8 bits. */
export const [LEAST, MOST] = [-128, 127];

/** Where {@link f} turns from a line into a root; and what the line's slope is on the way back. */
export const EPSILON = 6 / 29;
export const SLOPE = 3 * EPSILON * EPSILON;
export const f = (t: number) => (t > EPSILON ** 3 ? Math.cbrt(t) : t / SLOPE + 4 / 29);

export const LINEAR = Float64Array.from({ length: 256 }, (_, v) => linear(v / 255));
