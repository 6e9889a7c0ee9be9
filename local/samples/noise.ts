/** Seeded random numbers, and smooth noise for the scenes of sample photos. */

/** Numbers from 0 to 1 (exclusive) by mulberry32. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const SIDE = 256;

/** Smooth noise from 0 to 1 over the plane, repeating every 256 units. */
export class Noise {
  private readonly lattice: Float32Array;

  constructor(seed: number) {
    const random = randomNumbers(seed);
    this.lattice = Float32Array.from({ length: SIDE * SIDE }, random);
  }

  at(x: number, y: number): number {
    const { lattice } = this;
    const x0 = Math.floor(x);
    const y0 = Math.floor(y);
    const left = x0 & (SIDE - 1);
    const right = (x0 + 1) & (SIDE - 1);
    const upper = (y0 & (SIDE - 1)) * SIDE;
    const lower = ((y0 + 1) & (SIDE - 1)) * SIDE;
    const tx = ease(x - x0);
    const top = lattice[upper + left]! + (lattice[upper + right]! - lattice[upper + left]!) * tx;
    const bottom = lattice[lower + left]! + (lattice[lower + right]! - lattice[lower + left]!) * tx;
    return top + (bottom - top) * ease(y - y0);
  }

  /** Sum of `octaves`, each half as large and twice as strong as the next. */
  clouds(x: number, y: number, octaves: number): number {
    let sum = 0;
    let weight = 0.5;
    for (let i = 0; i < octaves; i++, weight /= 2) {
      sum += weight * this.at(x * 2 ** i + 17 * i, y * 2 ** i + 31 * i);
    }
    return sum / (1 - weight * 2);
  }
}

const ease = (t: number) => t * t * (3 - 2 * t);
