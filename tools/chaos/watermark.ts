/** Writes a number into a picture as black and white blocks, and reads it from the coloured result. */

const COLUMNS = 12;
const ROWS = 2;
const BITS = COLUMNS * ROWS;
const CHECK_BITS = 4;
/** Share of the height for the blocks, at the top. */
const BAND = 0.25;
const [DARK, BRIGHT] = [25, 230];
/** Maximum number. */
export const MOST = 2 ** (BITS - CHECK_BITS) - 1;

export interface Tones {
  width: number;
  height: number;
  /** Interleaved, 8 bit. */
  data: Uint8Array;
  channels: number;
}

const check = (value: number) => {
  let sum = 0b1001;
  for (let rest = value; rest > 0; rest = Math.floor(rest / 16)) sum ^= (rest & 15) + ((rest >> 2) & 7);
  return sum & 15;
};

/** Bounds of a block in pixels. */
function block({ width, height }: Pick<Tones, 'width' | 'height'>, k: number) {
  const [w, h] = [width / COLUMNS, (BAND * height) / ROWS];
  const [column, row] = [k % COLUMNS, Math.floor(k / COLUMNS)];
  return { left: column * w, right: (column + 1) * w, top: row * h, bottom: (row + 1) * h };
}

/** Draws a number over the top quarter. */
export function draw(tones: Tones, value: number): void {
  if (!Number.isInteger(value) || value < 0 || value > MOST)
    throw new RangeError(`watermark ${value}: a whole number from 0 to ${MOST}`);
  const code = value * 2 ** CHECK_BITS + check(value);
  for (let k = 0; k < BITS; k++) {
    const { left, right, top, bottom } = block(tones, k);
    const tone = Math.floor(code / 2 ** k) % 2 === 1 ? BRIGHT : DARK;
    for (let y = Math.ceil(top); y < bottom; y++) {
      const row = y * tones.width;
      const [from, to] = [row + Math.ceil(left), row + Math.ceil(right)];
      tones.data.fill(tone, tones.channels * from, tones.channels * to);
    }
  }
}

/** @returns the number in a picture; undefined when it is illegible */
export function read({ width, height, data, channels }: Tones): number | undefined {
  let code = 0;
  for (let k = 0; k < BITS; k++) {
    const { left, right, top, bottom } = block({ width, height }, k);
    const [x, y] = [Math.round((left + right) / 2), Math.round((top + bottom) / 2)];
    const at = (y * width + x) * channels;
    const tone = channels < 3 ? data[at]! : 0.3 * data[at]! + 0.59 * data[at + 1]! + 0.11 * data[at + 2]!;
    // Neither black nor white: not a block.
    if (tone > 90 && tone < 165) return undefined;
    if (tone > 128) code += 2 ** k;
  }
  const value = Math.floor(code / 2 ** CHECK_BITS);
  return check(value) === code % 2 ** CHECK_BITS ? value : undefined;
}
