/** Lightness of interleaved pixels. Reads and writes up to 15 pixels beyond the end. */
import { GREY, LUMINANCE, LUMINANCE_BITS } from '../layout';

const SUMMAND: usize = LUMINANCE;
const STORED: usize = GREY;

/** By tables: a sum of luminance, and the grey value of it. */
// @ts-ignore: decorator
@inline
function greyOf(pixel: usize): u8 {
  const red = load<u32>(SUMMAND + (<usize>load<u8>(pixel) << 2));
  const green = load<u32>(SUMMAND + (<usize>load<u8>(pixel, 1) << 2), 1024);
  const blue = load<u32>(SUMMAND + (<usize>load<u8>(pixel, 2) << 2), 2048);
  return load<u8>(STORED + <usize>((red + green + blue) >> LUMINANCE_BITS));
}

// @ts-ignore: decorator
@inline
function greysOf(pixel: usize, channels: usize, grey: usize): void {
  for (let k: usize = 0; k < 16; k += 4, pixel += 4 * channels) {
    store<u8>(grey + k, greyOf(pixel));
    store<u8>(grey + k, greyOf(pixel + channels), 1);
    store<u8>(grey + k, greyOf(pixel + 2 * channels), 2);
    store<u8>(grey + k, greyOf(pixel + 3 * channels), 3);
  }
}

/** Of three bytes a pixel. Sixteen pixels that are all grey are copied: most photos are grey ones in three channels. */
export function lightness3(pixels: usize, count: i32, grey: usize): void {
  const end = grey + count;
  // Whether a byte is a pixel's last one, whose neighbour is another pixel's.
  const first = i8x16(0, 0, -1, 0, 0, -1, 0, 0, -1, 0, 0, -1, 0, 0, -1, 0);
  const second = i8x16(0, -1, 0, 0, -1, 0, 0, -1, 0, 0, -1, 0, 0, -1, 0, 0);
  const third = i8x16(-1, 0, 0, -1, 0, 0, -1, 0, 0, -1, 0, 0, -1, 0, 0, -1);
  for (; grey < end; grey += 16, pixels += 48) {
    const one = v128.load(pixels);
    const two = v128.load(pixels, 16);
    const three = v128.load(pixels, 32);
    const same = v128.and(
      v128.and(
        v128.or(i8x16.eq(one, v128.load(pixels, 1)), first),
        v128.or(i8x16.eq(two, v128.load(pixels, 17)), second),
      ),
      v128.or(i8x16.eq(three, v128.load(pixels, 33)), third),
    );
    if (i8x16.all_true(same)) {
      const eleven = i8x16.shuffle(one, two, 0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 0, 0, 0, 0, 0);
      v128.store(grey, i8x16.shuffle(eleven, three, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 17, 20, 23, 26, 29));
    } else greysOf(pixels, 3, grey);
  }
}

/** Of four bytes a pixel, the last of which is not read. */
export function lightness4(pixels: usize, count: i32, grey: usize): void {
  const end = grey + count;
  const colour = i32x4.splat(0x0000ffff);
  for (; grey < end; grey += 16, pixels += 64) {
    const one = v128.load(pixels);
    const two = v128.load(pixels, 16);
    const three = v128.load(pixels, 32);
    const four = v128.load(pixels, 48);
    const other = v128.or(
      v128.or(v128.xor(one, i32x4.shr_u(one, 8)), v128.xor(two, i32x4.shr_u(two, 8))),
      v128.or(v128.xor(three, i32x4.shr_u(three, 8)), v128.xor(four, i32x4.shr_u(four, 8))),
    );
    if (!v128.any_true(v128.and(other, colour))) {
      const low = i32x4.splat(0xff);
      const left = i16x8.narrow_i32x4_u(v128.and(one, low), v128.and(two, low));
      const right = i16x8.narrow_i32x4_u(v128.and(three, low), v128.and(four, low));
      v128.store(grey, i8x16.narrow_i16x8_u(left, right));
    } else greysOf(pixels, 4, grey);
  }
}
