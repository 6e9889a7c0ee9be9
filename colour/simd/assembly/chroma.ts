/** Chroma at the width of the large picture. */

/**
 * Interpolates a row of x and one of z between columns.
 *
 * @param small `x` of the small row, and `size` floats later its `z`; each ends with its last value twice
 * @param low index of the left column for each of `count` output columns, and after them as floats the distances from it
 * @param out x of the large row; its z is `apart` bytes later
 */
export function widen(small: usize, size: i32, low: usize, count: i32, out: usize, apart: usize): void {
  const end = low + (<usize>count << 2);
  const parts = <usize>count << 2;
  const second = <usize>size << 2;
  for (; low < end; low += 4, out += 4) {
    const at = small + (<usize>load<u32>(low) << 2);
    const part = load<f32>(low + parts);
    const x = load<f32>(at);
    const z = load<f32>(at + second);
    store<f32>(out, x + (load<f32>(at, 4) - x) * part);
    store<f32>(out + apart, z + (load<f32>(at + second, 4) - z) * part);
  }
}

/** Copies a row, and its difference to the next one. All have `count` floats, a multiple of four. */
export function step(upper: usize, lower: usize, count: i32, out: usize, stride: usize): void {
  const end = upper + (<usize>count << 2);
  for (; upper < end; upper += 16, lower += 16, out += 16) {
    const above = v128.load(upper);
    v128.store(out, above);
    v128.store(out + stride, f32x4.sub(v128.load(lower), above));
  }
}
