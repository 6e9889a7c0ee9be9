/** Lightness and merge at 16 bits by the kernels. */
import type { Chroma } from '../chroma.ts';
import { axis } from '../resample.ts';
import { tables16 } from '../scalar/depth16.ts';
import type { Kernels } from './kernels.ts';
import { WideRows } from './merge.ts';

/** Pixels that are copied to the kernels and back at a time. */
const STRIP = 16_384;
const SHORT = 2;

/** Those of the reference, with the digits that SIMD computes with. */
interface Tables {
  linear: Float32Array;
  f: Float32Array;
  curve: Float32Array;
}
let made: Tables | undefined;

function tables(): Tables {
  if (made) return made;
  const { linear, f, encoded } = tables16();
  made = { linear: Float32Array.from(linear), f: Float32Array.from(f), curve: Float32Array.from(encoded) };
  return made;
}

const bytesOf = ({ linear, f, curve }: Tables) => [linear, f, curve].map(({ byteLength }) => byteLength);

/** @param at addresses of the tables */
function write(kernels: Kernels, { linear, f, curve }: Tables, at: readonly number[]): void {
  for (const [k, table] of [linear, f, curve].entries()) kernels.floats(at[k]!, table.length).set(table);
}

/** As `lightness16` in `colour/depth16.ts`. */
export function simdLightness16(kernels: Kernels, pixels: Uint16Array, channels: number): Uint16Array {
  const all = tables();
  const sizes = [...bytesOf(all), SHORT * STRIP * channels, SHORT * STRIP];
  const parts = kernels.allocate(...sizes);
  write(kernels, all, parts);
  const [linear = 0, , curve = 0, source = 0, target = 0] = parts;
  const [from, to] = [kernels.shorts(source, STRIP * channels), kernels.shorts(target, STRIP)];
  const grey = new Uint16Array(pixels.length / channels);
  for (let at = 0; at < grey.length; at += STRIP) {
    const count = Math.min(STRIP, grey.length - at);
    from.set(pixels.subarray(at * channels, (at + count) * channels));
    kernels.run.lightness16(source, channels, count, linear, curve, target);
    grey.set(to.subarray(0, count), at);
  }
  return grey;
}

/** As `mergeChroma16` in `colour/depth16.ts`, of a picture that is not too wide. */
export function simdMerge16(
  kernels: Kernels,
  grey: Uint16Array,
  width: number,
  height: number,
  small: Chroma,
): Uint16Array {
  const all = tables();
  const out = new Uint16Array(3 * grey.length);
  const [columns, rows] = [axis(small.width, width), axis(small.height, height)];
  const strip = Math.max(1, Math.floor(STRIP / width));
  const sizes = [...bytesOf(all), SHORT * strip * width, 3 * SHORT * strip * width];
  const wide = new WideRows(kernels, columns, small, sizes);
  write(kernels, all, wide.others);
  const [linear = 0, f = 0, curve = 0, source = 0, target = 0] = wide.others;
  const [from, to] = [kernels.shorts(source, strip * width), kernels.shorts(target, 3 * strip * width)];
  const { mergeRow16 } = kernels.run;
  for (let top = 0; top < height; top += strip) {
    const end = Math.min(top + strip, height);
    const count = (end - top) * width;
    from.set(grey.subarray(top * width, end * width));
    for (let y = top; y < end; y++) {
      wide.select(rows.low[y]!, rows.high[y]!);
      const at = SHORT * (y - top) * width;
      const { chroma, stride } = wide;
      mergeRow16(source + at, width, chroma, stride, rows.part[y]!, linear, f, curve, target + 3 * at);
    }
    out.set(to.subarray(0, 3 * count), 3 * top * width);
  }
  return out;
}
