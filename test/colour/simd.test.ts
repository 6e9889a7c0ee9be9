/** The kernels against the scalar reference, and what happens where they do not run. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { chromaOfAb, type Chroma } from '../../colour/chroma.ts';
import { scalarLightness16, scalarMerge16 } from '../../colour/scalar/depth16.ts';
import { scalarLightness } from '../../colour/scalar/lightness.ts';
import { ScalarMerger } from '../../colour/scalar/merge.ts';
import { simdLightness16, simdMerge16 } from '../../colour/simd/depth16.ts';
import { kernels } from '../../colour/simd/kernels.ts';
import { simdLightness } from '../../colour/simd/lightness.ts';
import { SimdMerger } from '../../colour/simd/merge.ts';
import { MODULE, SHA256, SOURCES } from '../../colour/simd/module.ts';
import { encoded, linear, type Channels } from '../../colour/srgb.ts';
import { randomNumbers } from '../../local/samples/noise.ts';
import { sourcesHash } from '../../tools/kernels/build.ts';

const simd = kernels()!;

const bytes = (length: number, seed: number) => {
  const random = randomNumbers(seed);
  return Uint8Array.from({ length }, () => 256 * random());
};

/** The largest difference of two pictures of the same length, of all values or of each `step`th one. */
function apart(one: Uint8Array | Uint16Array, other: Uint8Array | Uint16Array, from = 0, step = 1): number {
  expect(one.length).toBe(other.length);
  let most = 0;
  for (let i = from; i < one.length; i += step) most = Math.max(most, Math.abs(one[i]! - other[i]!));
  return most;
}

function merged(grey: Uint8Array, width: number, small: Chroma, channels: Channels, rows: number) {
  const height = grey.length / width;
  const mergers = [new ScalarMerger(width, height, small), SimdMerger.of(simd, width, height, small)!];
  return mergers.map((merger) => {
    const out = bytes(channels * grey.length, 7);
    for (let from = 0; from < height; from += rows) {
      const to = Math.min(from + rows, height);
      const part = out.subarray(from * width * channels, to * width * channels);
      merger.merge(grey.subarray(from * width, to * width), from, to, part, channels);
    }
    return out;
  }) as [Uint8Array, Uint8Array];
}

describe('the merge by kernels', () => {
  const shape = fc.record({
    width: fc.integer({ min: 1, max: 70 }),
    height: fc.integer({ min: 1, max: 20 }),
    size: fc.integer({ min: 1, max: 40 }),
    rows: fc.integer({ min: 1, max: 20 }),
    channels: fc.constantFrom<Channels>(3, 4),
    seed: fc.nat({ max: 1e6 }),
  });

  it('is at most one level from the reference, and leaves opacity as it is', () => {
    fc.assert(
      fc.property(shape, ({ width, height, size, rows, channels, seed }) => {
        const small = chromaOfAb({ width: size, height: size, data: bytes(3 * size * size, seed) });
        const [wanted, found] = merged(bytes(width * height, seed + 1), width, small, channels, rows);
        expect(apart(found, wanted)).toBeLessThanOrEqual(1);
        if (channels === 4)
          for (let i = 3; i < found.length; i += 4)
            if (found[i] !== wanted[i]) throw new Error(`opacity ${found[i]} of ${wanted[i]}`);
      }),
      { seed: 5, numRuns: 150 },
    );
  });

  it('is at most one level from the reference for every grey value with each of many colours', () => {
    const grey = Uint8Array.from({ length: 256 * 64 }, (_, i) => i / 64);
    const small = chromaOfAb({ width: 64, height: 64, data: bytes(3 * 64 * 64, 3) });
    for (let y = 0; y < 64; y += process.env.FULL ? 1 : 4) {
      const row = { width: 64, height: 1, x: small.x.subarray(64 * y), z: small.z.subarray(64 * y) };
      const [wanted, found] = merged(grey, 64, row, 3, 256);
      expect(apart(found, wanted)).toBeLessThanOrEqual(1);
    }
  });

  it('keeps every grey value without chroma', () => {
    const grey = Uint8Array.from({ length: 16 * 256 }, (_, i) => (i % 2 ? 255 : i / 16));
    const none = { width: 1, height: 1, x: new Float32Array(1), z: new Float32Array(1) };
    const [, found] = merged(grey, 16, none, 3, 256);
    expect(grey.every((v, i) => [0, 1, 2].every((c) => found[3 * i + c] === v))).toBe(true);
  });

  it('is left to the reference where a row takes too much memory', () => {
    const none = { width: 1, height: 1, x: new Float32Array(1), z: new Float32Array(1) };
    expect(SimdMerger.of(simd, 70_000, 1, none)).toBeUndefined();
  });
});

describe('lightness by kernels', () => {
  it.each<[Channels, string]>([
    [3, 'colours'],
    [4, 'colours'],
    [3, 'greys'],
    [4, 'greys'],
  ])('of %i channels of %s is at most one level from the reference', (channels, kind) => {
    for (const count of [1, 15, 16, 17, 100, 40_001]) {
      const pixels = bytes(channels * count, count);
      // Some pixels of the last ones are not grey.
      if (kind === 'greys')
        for (let p = 0; p < channels * (count - 3); p += channels) pixels.fill(pixels[p]!, p + 1, p + 3);
      const [wanted, found] = [new Uint8Array(count + 5).fill(9), new Uint8Array(count + 5).fill(9)];
      scalarLightness(pixels, channels, wanted, 2);
      simdLightness(simd, pixels, channels, found, 2);
      expect(apart(found, wanted)).toBeLessThanOrEqual(1);
      if (kind === 'greys')
        expect(
          pixels.every(
            (value, p) =>
              p >= channels * (count - 3) || p % channels > 0 || found[p / channels + 2] === value,
          ),
        ).toBe(true);
    }
  });
});

describe('at 16 bits, kernels', () => {
  const shorts = (length: number, seed: number) => {
    const random = randomNumbers(seed);
    return Uint16Array.from({ length }, () => 65_536 * random());
  };
  const luminance = (pixels: Uint16Array, p: number) =>
    65_535 *
    encoded(
      [0.2126, 0.7152, 0.0722].reduce((sum, part, c) => sum + part * linear(pixels[p + c]! / 65_535), 0),
    );

  it('keep the luminance of every grey value, and are close to the reference', () => {
    const grey = Uint16Array.from({ length: 65_536 }, (_, i) => (i * 40_503) % 65_536);
    const small = chromaOfAb({ width: 40, height: 30, data: bytes(3 * 40 * 30, 8) });
    for (const width of [256, 65_536]) {
      const wanted = scalarMerge16(grey, width, 65_536 / width, small);
      const found = simdMerge16(simd, grey, width, 65_536 / width, small);
      // Where red or blue is a step off, green makes up for it: in a dark green by several.
      expect(apart(found, wanted, 0, 3)).toBeLessThanOrEqual(1);
      expect(apart(found, wanted, 2, 3)).toBeLessThanOrEqual(1);
      let most = 0;
      for (let i = 0; i < grey.length; i++)
        most = Math.max(most, Math.abs(luminance(found, 3 * i) - grey[i]!));
      expect(most).toBeLessThan(1);
    }
  });

  it.each([3, 4])('compute the lightness of %i channels to a step of 16 bits', (channels) => {
    const pixels = shorts(channels * 20_001, 6);
    pixels.fill(0, 0, channels).fill(65_535, channels, 2 * channels);
    const wanted = scalarLightness16(pixels, channels);
    expect(apart(simdLightness16(simd, pixels, channels), wanted)).toBeLessThanOrEqual(1);
  });

  it('merge rows of odd widths as the reference does', () => {
    for (const width of [3, 7, 30, 129]) {
      const grey = shorts(5 * width, width);
      const small = chromaOfAb({ width: 9, height: 2, data: bytes(54, width) });
      const wanted = scalarMerge16(grey, width, 5, small);
      expect(apart(simdMerge16(simd, grey, width, 5, small), wanted, 0, 3)).toBeLessThanOrEqual(1);
    }
  });
});

describe('the module', () => {
  it('is the one that was compiled from these sources', () => {
    expect(createHash('sha256').update(Buffer.from(MODULE, 'base64')).digest('hex')).toBe(SHA256);
    expect(sourcesHash()).toBe(SOURCES);
  });
});

describe('where WebAssembly is missing or forbidden', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.resetModules();
  });

  it.each<[string, unknown]>([
    ['missing', undefined],
    [
      'forbidden by a security policy',
      {
        Module: class {
          constructor() {
            throw new EvalError('violates the Content Security Policy');
          }
        },
      },
    ],
  ])('%s, the reference computes', async (_name, other) => {
    vi.stubGlobal('WebAssembly', other);
    vi.resetModules();
    const { kernels: none } = await import('../../colour/simd/kernels.ts');
    const { mergeChroma } = await import('../../colour/merge.ts');
    expect(none()).toBeUndefined();
    const small = chromaOfAb({ width: 2, height: 2, data: bytes(12, 1) });
    const grey = bytes(20, 2);
    const [wanted] = merged(grey, 5, small, 3, 4);
    expect(apart(mergeChroma(grey, 5, 4, small), wanted)).toBe(0);
  });
});
