/** The kernels: WebAssembly with 128-bit SIMD, for threads that may compile it. */
import { F_OF_GREY } from '../scalar/merge.ts';
import { GREY, LUMINANCE, STEPS } from '../scalar/lightness.ts';
import { encoded } from '../srgb.ts';
import * as layout from './layout.ts';
import { MODULE } from './module.ts';

/** Functions of `assembly/`, where their parameters are described. */
interface Functions {
  lightness3: (pixels: number, count: number, grey: number) => void;
  lightness4: (pixels: number, count: number, grey: number) => void;
  lightness16: (
    pixels: number,
    channels: number,
    count: number,
    linear: number,
    curve: number,
    grey: number,
  ) => void;
  mergeRow16: (
    grey: number,
    count: number,
    chroma: number,
    stride: number,
    part: number,
    linear: number,
    f: number,
    curve: number,
    out: number,
  ) => void;
  mergeRow3: (...row: RowArguments) => void;
  mergeRow4: (...row: RowArguments) => void;
  step: (upper: number, lower: number, count: number, out: number, stride: number) => void;
  widen: (small: number, size: number, low: number, count: number, out: number, apart: number) => void;
}
type RowArguments = [
  grey: number,
  count: number,
  chroma: number,
  stride: number,
  part: number,
  least: number,
  out: number,
];

/** Bytes that kernels read and write beyond the end of what they are given, and more. */
export const MARGIN = 64;
const PAGE = 65_536;

export class Kernels {
  /** Changes when memory grows. */
  bytes: Uint8Array;

  constructor(
    readonly run: Functions,
    private readonly memory: WebAssembly.Memory,
  ) {
    this.bytes = new Uint8Array(memory.buffer);
    this.writeTables();
  }

  floats(at: number, length: number): Float32Array {
    return new Float32Array(this.memory.buffer, at, length);
  }

  shorts(at: number, length: number): Uint16Array {
    return new Uint16Array(this.memory.buffer, at, length);
  }

  words(at: number, length: number): Uint32Array {
    return new Uint32Array(this.memory.buffer, at, length);
  }

  /**
   * Makes room for parts of so many bytes, one after another; what was there before is lost.
   *
   * @returns the address of each, a multiple of 16
   * @throws RangeError when there is no memory left
   */
  allocate(...sizes: readonly number[]): number[] {
    let end = layout.WORK;
    const starts = sizes.map((size) => {
      const start = end;
      end = (end + size + MARGIN + 15) & ~15;
      return start;
    });
    const missing = end - this.memory.buffer.byteLength;
    if (missing > 0) {
      this.memory.grow(Math.ceil(missing / PAGE));
      this.bytes = new Uint8Array(this.memory.buffer);
    }
    return starts;
  }

  private writeTables(): void {
    this.floats(layout.F_OF_GREY, 256).set(F_OF_GREY);
    const scale = 2 ** layout.LUMINANCE_BITS;
    const summands = this.words(layout.LUMINANCE, 3 * 256);
    for (const [k, values] of LUMINANCE.entries())
      // With half a step, so that the sum is rounded.
      summands.set(
        values.map((value) => Math.round(scale * value) + (k === 0 ? scale / 2 : 0)),
        256 * k,
      );
    const { GAMMA, GAMMA_STEPS, GAMMA_ZERO } = layout;
    const gamma = this.bytes
      .subarray(GAMMA, GAMMA + PAGE)
      .fill(255)
      .fill(0, 0, GAMMA_ZERO);
    for (let i = 0; i <= GAMMA_STEPS; i++) gamma[GAMMA_ZERO + i] = Math.round(255 * encoded(i / GAMMA_STEPS));
    this.bytes.set(GREY.subarray(0, STEPS + 1), layout.GREY);
  }
}

let made: { kernels: Kernels | undefined } | undefined;

/** @returns undefined where WebAssembly or its SIMD is missing, or a page's security policy forbids it */
export const kernels = (): Kernels | undefined => (made ??= { kernels: instance() }).kernels;

/** Compiled at once, which threads other than a page's main one may do with a module of any size. */
function instance(): Kernels | undefined {
  try {
    const bytes = Uint8Array.from(atob(MODULE), (letter) => letter.charCodeAt(0));
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
    return new Kernels(exports as unknown as Functions, exports.memory as WebAssembly.Memory);
  } catch {
    return undefined;
  }
}
