/** A worker thread of a browser, for `npm run bench -- merge`: merges a photo by the kernels and by the reference, in turn. */
import { chromaOfAb } from '../../colour/chroma.ts';
import { lightness } from '../../colour/lightness.ts';
import { Merger } from '../../colour/merge.ts';
import { scalarLightness } from '../../colour/scalar/lightness.ts';
import { ScalarMerger } from '../../colour/scalar/merge.ts';
import { kernels } from '../../colour/simd/kernels.ts';

const [WIDTH, HEIGHT, SIDE, STRIP] = [4000, 3000, 512, 256];
const ROUNDS = 7;

export interface MergeTimes {
  /** Whether the kernels run under the page's security policy. */
  simd: boolean;
  /** Milliseconds for 12 megapixels, the best of some rounds: of the product, and of the reference. */
  product: number;
  scalar: number;
  /** Of 255, the most that a value differs. */
  apart: number;
}

/** Pixels as a canvas has them: scenes of a photo with grain, in the colours of old paper. */
function strip(top: number): Uint8ClampedArray {
  const pixels = new Uint8ClampedArray(4 * WIDTH * STRIP);
  let state = top + 1;
  for (let i = 0, p = 0; p < pixels.length; i++, p += 4) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const tone = 128 + 100 * Math.sin(i / 900) * Math.cos((top + i / WIDTH) / 300) + (state >>> 28);
    pixels.set([tone, 0.92 * tone, 0.78 * tone, 255], p);
  }
  return pixels;
}

function measure(): MergeTimes {
  const ab = Uint8Array.from(
    { length: 3 * SIDE * SIDE },
    (_, i) => 128 + 30 * Math.sin((i % SIDE) / 40 + (i % 3)),
  );
  const small = chromaOfAb({ width: SIDE, height: SIDE, data: ab });
  const strips: Uint8ClampedArray[] = [];
  for (let top = 0; top < HEIGHT; top += STRIP) strips.push(strip(top));
  const rowsOf = (k: number) => Math.min(STRIP, HEIGHT - k * STRIP);
  const run = (
    merger: Merger | ScalarMerger,
    greyOf: (pixels: Uint8ClampedArray) => Uint8Array,
    take: (k: number, pixels: Uint8ClampedArray) => void,
  ) => {
    let spent = 0;
    for (const [k, source] of strips.entries()) {
      const pixels = source.slice(0, 4 * WIDTH * rowsOf(k));
      const began = performance.now();
      merger.merge(greyOf(pixels), k * STRIP, k * STRIP + rowsOf(k), pixels, 4);
      spent += performance.now() - began;
      take(k, pixels);
    }
    return spent;
  };
  const product = (take: (k: number, pixels: Uint8ClampedArray) => void) =>
    run(new Merger(WIDTH, HEIGHT, small), (pixels) => lightness(pixels, 4), take);
  const scalar = (take: (k: number, pixels: Uint8ClampedArray) => void) =>
    run(
      new ScalarMerger(WIDTH, HEIGHT, small),
      (pixels) => {
        const grey = new Uint8Array(pixels.length / 4);
        scalarLightness(pixels, 4, grey, 0);
        return grey;
      },
      take,
    );
  const merged: Uint8ClampedArray[] = [];
  let apart = 0;
  scalar((k, pixels) => (merged[k] = pixels));
  product((k, pixels) =>
    pixels.forEach((value, i) => (apart = Math.max(apart, Math.abs(value - merged[k]![i]!)))),
  );
  const times = { product: Infinity, scalar: Infinity };
  for (let round = 0; round < ROUNDS; round++) {
    times.product = Math.min(
      times.product,
      product(() => undefined),
    );
    times.scalar = Math.min(
      times.scalar,
      scalar(() => undefined),
    );
  }
  return { simd: kernels() !== undefined, ...times, apart };
}

postMessage(measure());
