/** Lightness and merge at 16 bits. Colours are computed four at a time, and stored one by one, since green depends on what the others lose. */
import { SCRATCH } from '../layout';
import { between, inverse } from './curves';

const RED: f32 = 0.2126;
const GREEN: f32 = 0.7152;
const BLUE: f32 = 0.0722;
const MAX: f32 = 65535.0;
const WHITE_X: f32 = 0.95047;
const WHITE_Z: f32 = 1.08883;
/** Below it, sRGB is a line. From it on, a table has the stored value at each 2,048th of each power of two. */
const LOWEST: f32 = 1.0 / 512.0;
const LOWEST_KEY: u32 = 0x3b000000 >> 12;
const REST: u32 = 4095;
/** In place of a difference of zero, which is divided by. */
const TINY: f32 = 1e-30;

// @ts-ignore: decorator
@inline
function stored(y: f32, curve: usize): u32 {
  // What is no number, as beyond the end of a row, is zero.
  if (!(y >= LOWEST)) return y > 0 ? <u32>(<f32>12.92 * MAX * y + <f32>0.5) : 0;
  if (y >= 1) return 65535;
  const bits = reinterpret<u32>(y);
  const at = curve + (<usize>((bits >> 12) - LOWEST_KEY) << 2);
  const low = load<f32>(at);
  return <u32>(low + (load<f32>(at, 4) - low) * (<f32>(bits & REST) * <f32>(1.0 / 4096.0)) + <f32>0.5);
}

/**
 * @param linear table of linear values by stored one, of floats
 * @param curve table of stored values by linear one
 */
export function lightness16(
  pixels: usize,
  channels: i32,
  count: i32,
  linear: usize,
  curve: usize,
  grey: usize,
): void {
  const end = grey + (<usize>count << 1);
  const size = <usize>channels << 1;
  for (; grey < end; grey += 2, pixels += size) {
    const y =
      RED * load<f32>(linear + (<usize>load<u16>(pixels) << 2)) +
      GREEN * load<f32>(linear + (<usize>load<u16>(pixels, 2) << 2)) +
      BLUE * load<f32>(linear + (<usize>load<u16>(pixels, 4) << 2));
    store<u16>(grey, <u16>stored(y, curve));
  }
}

/** Values of a table for four grey values. */
// @ts-ignore: decorator
@inline
function looked(grey: usize, table: usize): v128 {
  let found = f32x4.splat(load<f32>(table + (<usize>load<u16>(grey) << 2)));
  found = v128.load_lane<f32>(table + (<usize>load<u16>(grey, 2) << 2), found, 1);
  found = v128.load_lane<f32>(table + (<usize>load<u16>(grey, 4) << 2), found, 2);
  return v128.load_lane<f32>(table + (<usize>load<u16>(grey, 6) << 2), found, 3);
}

// @ts-ignore: decorator
@inline
function sum(x: v128, y: v128, z: v128, ofX: f32, ofY: f32, ofZ: f32): v128 {
  const xy = f32x4.add(f32x4.mul(x, f32x4.splat(ofX)), f32x4.mul(y, f32x4.splat(ofY)));
  return f32x4.add(xy, f32x4.mul(z, f32x4.splat(ofZ)));
}

/**
 * As `mergeRow3` of `merge.ts`, with values of 16 bits. Reads and writes up to three pixels beyond the end of a row.
 *
 * @param linear as for {@link lightness16}, like `curve`
 * @param f table of Lab's f by stored value, of floats
 */
export function mergeRow16(
  grey: usize,
  count: i32,
  chroma: usize,
  stride: usize,
  part: f32,
  linear: usize,
  f: usize,
  curve: usize,
  out: usize,
): void {
  const down = f32x4.splat(part);
  const end = grey + (<usize>count << 1);
  for (; grey < end; grey += 8, chroma += 16, out += 24) {
    const y = looked(grey, linear);
    const t = looked(grey, f);
    const x = f32x4.mul(inverse(f32x4.add(t, between(chroma, stride, down))), f32x4.splat(WHITE_X));
    const z = f32x4.mul(inverse(f32x4.add(t, between(chroma + 2 * stride, stride, down))), f32x4.splat(WHITE_Z));
    // Differences from a grey of the same luminance, which the weights add up to zero.
    let r = sum(x, y, z, 3.2404542, -2.5371385, -0.4985314);
    let g = sum(x, y, z, -0.969266, 0.8760108, 0.041556);
    let b = sum(x, y, z, 0.0556434, -1.2040259, 1.0572252);
    const off = sum(r, g, b, RED, GREEN, BLUE);
    r = f32x4.sub(r, off);
    g = f32x4.sub(g, off);
    b = f32x4.sub(b, off);
    const most = f32x4.pmax(f32x4.pmax(f32x4.pmax(r, g), b), f32x4.splat(TINY));
    const least = f32x4.pmin(f32x4.pmin(f32x4.pmin(r, g), b), f32x4.splat(-TINY));
    const above = f32x4.div(f32x4.sub(f32x4.splat(1), y), most);
    const below = f32x4.div(y, f32x4.neg(least));
    const room = f32x4.pmin(f32x4.pmin(above, below), f32x4.splat(1));
    v128.store(SCRATCH, f32x4.add(y, f32x4.mul(room, r)));
    v128.store(SCRATCH + 16, f32x4.add(y, f32x4.mul(room, b)));
    v128.store(SCRATCH + 32, y);
    for (let k: usize = 0; k < 4; k++) {
      const at: usize = SCRATCH + (k << 2);
      const red = stored(load<f32>(at), curve);
      const blue = stored(load<f32>(at, 16), curve);
      const rest =
        load<f32>(at, 32) -
        RED * load<f32>(linear + (<usize>red << 2)) -
        BLUE * load<f32>(linear + (<usize>blue << 2));
      store<u16>(out + 6 * k, <u16>red);
      store<u16>(out + 6 * k, <u16>stored(rest / GREEN, curve), 2);
      store<u16>(out + 6 * k, <u16>blue, 4);
    }
  }
}
