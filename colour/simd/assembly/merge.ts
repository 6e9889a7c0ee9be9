/**
 * The merge of one row: linear values of four pixels at a time, then a table of sRGB's curve, which is faster than roots.
 * Reads and writes up to 3 pixels beyond the end of a row.
 */
import { F_OF_GREY, GAMMA, GAMMA_STEPS, GAMMA_ZERO, SCRATCH } from '../layout';
import { between, cube, inverse } from './curves';

// Sums of sRGB's matrix include the white point of `chroma.ts` and the steps of the table.
const WHITE_X: f64 = 0.95047;
const WHITE_Z: f64 = 1.08883;
const STEPS: f64 = GAMMA_STEPS;
const CURVE: usize = GAMMA;
const OF_GREY: usize = F_OF_GREY;
// Lab's f of a grey value from 23 on, as a polynomial of v / 255: within a fifteenth of a level.
const F0: f64 = 0.10085269249118108;
const F1: f64 = 1.205432012084231;
const F2: f64 = -0.6100675373075591;
const F3: f64 = 0.4506595965366127;
const F4: f64 = -0.14707289736794532;
/** A float this large has no digits after the point: adding it rounds, and leaves a whole number in the low bits. */
const ROUND: f32 = 8_388_608.0 + <f32>GAMMA_ZERO;

/** Index in the table of a channel. */
// @ts-ignore: decorator
@inline
function channel(x: v128, y: v128, z: v128, ofX: f64, ofY: f64, ofZ: f64): v128 {
  const xy = f32x4.add(
    f32x4.mul(x, f32x4.splat(<f32>(STEPS * WHITE_X * ofX))),
    f32x4.mul(y, f32x4.splat(<f32>(STEPS * ofY))),
  );
  const all = f32x4.add(xy, f32x4.mul(z, f32x4.splat(<f32>(STEPS * WHITE_Z * ofZ))));
  return f32x4.add(all, f32x4.splat(ROUND));
}

/** Stores a channel of four pixels, three or four bytes apart. */
// @ts-ignore: decorator
@inline
function encode(out: usize, at: usize, channels: i32): void {
  const one = load<u8>(CURVE + <usize>load<u16>(at));
  const two = load<u8>(CURVE + <usize>load<u16>(at, 4));
  const three = load<u8>(CURVE + <usize>load<u16>(at, 8));
  const four = load<u8>(CURVE + <usize>load<u16>(at, 12));
  store<u8>(out, one);
  if (channels == 3) {
    store<u8>(out, two, 3);
    store<u8>(out, three, 6);
    store<u8>(out, four, 9);
  } else {
    store<u8>(out, two, 4);
    store<u8>(out, three, 8);
    store<u8>(out, four, 12);
  }
}

// @ts-ignore: decorator
@inline
function colour(x: v128, y: v128, z: v128, out: usize, channels: i32): void {
  v128.store(SCRATCH, channel(x, y, z, 3.2404542, -1.5371385, -0.4985314));
  v128.store(SCRATCH + 16, channel(x, y, z, -0.969266, 1.8760108, 0.041556));
  v128.store(SCRATCH + 32, channel(x, y, z, 0.0556434, -0.2040259, 1.0572252));
  encode(out, SCRATCH, channels);
  encode(out + 1, SCRATCH + 16, channels);
  encode(out + 2, SCRATCH + 32, channels);
}

/** Of pixels whose values are all above the lines at the dark ends of the curves. */
// @ts-ignore: decorator
@inline
function bright(grey: v128, chroma: usize, stride: usize, down: v128, out: usize, channels: i32): void {
  const v = f32x4.convert_i32x4_s(grey);
  let t = f32x4.add(f32x4.mul(v, f32x4.splat(<f32>(F4 / 4228250625.0))), f32x4.splat(<f32>(F3 / 16581375.0)));
  t = f32x4.add(f32x4.mul(v, t), f32x4.splat(<f32>(F2 / 65025.0)));
  t = f32x4.add(f32x4.mul(v, t), f32x4.splat(<f32>(F1 / 255.0)));
  t = f32x4.add(f32x4.mul(v, t), f32x4.splat(<f32>F0));
  const x = f32x4.add(t, between(chroma, stride, down));
  const z = f32x4.add(t, between(chroma + 2 * stride, stride, down));
  colour(cube(x), cube(t), cube(z), out, channels);
}

// @ts-ignore: decorator
@inline
function dark(grey: usize, chroma: usize, stride: usize, down: v128, out: usize, channels: i32): void {
  let t = f32x4.splat(load<f32>(OF_GREY + (<usize>load<u8>(grey) << 2)));
  t = v128.load_lane<f32>(OF_GREY + (<usize>load<u8>(grey, 1) << 2), t, 1);
  t = v128.load_lane<f32>(OF_GREY + (<usize>load<u8>(grey, 2) << 2), t, 2);
  t = v128.load_lane<f32>(OF_GREY + (<usize>load<u8>(grey, 3) << 2), t, 3);
  const x = f32x4.add(t, between(chroma, stride, down));
  const z = f32x4.add(t, between(chroma + 2 * stride, stride, down));
  colour(inverse(x), inverse(t), inverse(z), out, channels);
}

// @ts-ignore: decorator
@inline
function row(
  grey: usize,
  count: i32,
  chroma: usize,
  stride: usize,
  part: f32,
  least: i32,
  out: usize,
  channels: i32,
): void {
  const down = f32x4.splat(part);
  const enough = i8x16.splat(<i8>least);
  const four: usize = 4 * channels;
  const end = grey + count;
  for (; grey + 16 <= end; grey += 16, out += 4 * four, chroma += 64) {
    const v = v128.load(grey);
    if (i8x16.all_true(i8x16.ge_u(v, enough))) {
      const low = i16x8.extend_low_i8x16_u(v);
      const high = i16x8.extend_high_i8x16_u(v);
      bright(i32x4.extend_low_i16x8_u(low), chroma, stride, down, out, channels);
      bright(i32x4.extend_high_i16x8_u(low), chroma + 16, stride, down, out + four, channels);
      bright(i32x4.extend_low_i16x8_u(high), chroma + 32, stride, down, out + 2 * four, channels);
      bright(i32x4.extend_high_i16x8_u(high), chroma + 48, stride, down, out + 3 * four, channels);
    } else {
      for (let k: usize = 0; k < 4; k++)
        dark(grey + 4 * k, chroma + 16 * k, stride, down, out + four * k, channels);
    }
  }
  // Not by what follows the row: a picture in strips has the same pixels.
  for (; grey < end; grey += 4, out += four, chroma += 16) dark(grey, chroma, stride, down, out, channels);
}

/**
 * @param grey address of the row's grey values, `count` of them
 * @param chroma four rows of floats, `stride` bytes each: x of the upper row of chroma, its difference to the lower one, and both of z
 * @param part distance from the upper row, 0 to 1
 * @param least grey value from which on pixels are above the lines at the dark ends, whatever their chroma
 * @param out address of the row's pixels
 */
export function mergeRow3(
  grey: usize,
  count: i32,
  chroma: usize,
  stride: usize,
  part: f32,
  least: i32,
  out: usize,
): void {
  row(grey, count, chroma, stride, part, least, out, 3);
}

/** As {@link mergeRow3}, of pixels with opacity, which it leaves as it is. */
export function mergeRow4(
  grey: usize,
  count: i32,
  chroma: usize,
  stride: usize,
  part: f32,
  least: i32,
  out: usize,
): void {
  row(grey, count, chroma, stride, part, least, out, 4);
}
