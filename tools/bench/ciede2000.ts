/** Colour differences by CIEDE2000 after Sharma, Wu and Dalal (2005), with all weights 1. */

export type Lab = [L: number, a: number, b: number];

const linear = (v: number) => {
  const c = v / 255;
  return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
};
const f = (t: number) => (t > (6 / 29) ** 3 ? Math.cbrt(t) : t / (3 * (6 / 29) ** 2) + 4 / 29);

/** @returns Lab of the sRGB pixel at a byte index */
export function labOf(data: Uint8Array, at: number): Lab {
  const [r, g, b] = [linear(data[at]!), linear(data[at + 1]!), linear(data[at + 2]!)];
  const x = f((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047);
  const y = f(0.2126729 * r + 0.7151522 * g + 0.072175 * b);
  const z = f((0.0193339 * r + 0.119192 * g + 0.9503041 * b) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

const degrees = (radians: number) => ((radians * 180) / Math.PI + 360) % 360;
const radians = (angle: number) => (angle * Math.PI) / 180;
const cos = (angle: number) => Math.cos(radians(angle));
const sin = (angle: number) => Math.sin(radians(angle));
const TWENTY_FIVE_7 = 25 ** 7;

export function ciede2000([l1, a1, b1]: Lab, [l2, a2, b2]: Lab): number {
  const c7 = ((Math.hypot(a1, b1) + Math.hypot(a2, b2)) / 2) ** 7;
  const stretch = 1 + 0.5 * (1 - Math.sqrt(c7 / (c7 + TWENTY_FIVE_7)));
  const [x1, x2] = [a1 * stretch, a2 * stretch];
  const [chroma1, chroma2] = [Math.hypot(x1, b1), Math.hypot(x2, b2)];
  const hue = (x: number, y: number) => (x === 0 && y === 0 ? 0 : degrees(Math.atan2(y, x)));
  const [h1, h2] = [hue(x1, b1), hue(x2, b2)];

  const grey = chroma1 * chroma2 === 0;
  let dh = grey ? 0 : h2 - h1;
  if (dh > 180) dh -= 360;
  else if (dh < -180) dh += 360;
  const dL = l2 - l1;
  const dC = chroma2 - chroma1;
  const dH = 2 * Math.sqrt(chroma1 * chroma2) * sin(dh / 2);

  const meanL = (l1 + l2) / 2;
  const meanC = (chroma1 + chroma2) / 2;
  const apart = Math.abs(h1 - h2) > 180;
  let meanH = h1 + h2;
  if (!grey) meanH = apart ? (meanH + (meanH < 360 ? 360 : -360)) / 2 : meanH / 2;

  const t =
    1 -
    0.17 * cos(meanH - 30) +
    0.24 * cos(2 * meanH) +
    0.32 * cos(3 * meanH + 6) -
    0.2 * cos(4 * meanH - 63);
  const sL = 1 + (0.015 * (meanL - 50) ** 2) / Math.sqrt(20 + (meanL - 50) ** 2);
  const sC = 1 + 0.045 * meanC;
  const sH = 1 + 0.015 * meanC * t;
  const turn = 30 * Math.exp(-(((meanH - 275) / 25) ** 2));
  const rC = 2 * Math.sqrt(meanC ** 7 / (meanC ** 7 + TWENTY_FIVE_7));
  const rT = -sin(2 * turn) * rC;
  const [l, c, h] = [dL / sL, dC / sC, dH / sH];
  return Math.sqrt(l * l + c * c + h * h + rT * c * h);
}

/** CIEDE2000 over the pixels of two images. */
export interface Difference {
  mean: number;
  /** 99th percentile over the pixels. */
  p99: number;
}

/** Maximum number of compared pixels, evenly spaced. */
const COMPARED = 200_000;

/**
 * @param counts whether a pixel is compared, by its index. @default - all pixels
 * @throws RangeError for images of different sizes
 */
export function difference(
  one: Uint8Array,
  other: Uint8Array,
  counts: (pixel: number) => boolean = () => true,
): Difference {
  if (one.length !== other.length)
    throw new RangeError(`images of ${one.length} and ${other.length} bytes cannot be compared`);
  const pixels = one.length / 3;
  const step = Math.max(1, Math.floor(pixels / COMPARED));
  const all: number[] = [];
  for (let i = 0; i < pixels; i += step)
    if (counts(i)) all.push(ciede2000(labOf(one, 3 * i), labOf(other, 3 * i)));
  all.sort((a, b) => a - b);
  const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
  return { mean, p99: all[Math.floor(all.length * 0.99)]! };
}
