/** What both merges compute of four pixels. */

// Of `chroma.ts`.
const EPSILON: f32 = 6.0 / 29.0;
const SLOPE: f32 = (3.0 * 36.0) / 841.0;
const OFFSET: f32 = 4.0 / 29.0;

// @ts-ignore: decorator
@inline
export function cube(t: v128): v128 {
  return f32x4.mul(f32x4.mul(t, t), t);
}

/** The inverse of Lab's f. */
// @ts-ignore: decorator
@inline
export function inverse(t: v128): v128 {
  const line = f32x4.mul(f32x4.sub(t, f32x4.splat(OFFSET)), f32x4.splat(SLOPE));
  return v128.bitselect(cube(t), line, f32x4.gt(t, f32x4.splat(EPSILON)));
}

/** Chroma at four pixels of the row. */
// @ts-ignore: decorator
@inline
export function between(chroma: usize, stride: usize, down: v128): v128 {
  return f32x4.add(v128.load(chroma), f32x4.mul(v128.load(chroma + stride), down));
}
