/** Scenes of the sample photos, as functions from position to tone. */
import { Noise, randomNumbers } from './noise.ts';

/** Tone from 0 (black) to 1 (white) at a position; x and y run from 0 to 1, y downwards. */
export type Scene = (x: number, y: number) => number;

const mix = (a: number, b: number, t: number) => a + (b - a) * Math.min(1, Math.max(0, t));
/** 1 inside of `edge`, 0 outside, with a linear transition of `width`. */
const inside = (distance: number, edge: number, width = 0.004) =>
  Math.min(1, Math.max(0, (edge - distance) / width + 0.5));

function sky(noise: Noise, cover: number): Scene {
  return (x, y) => {
    const cloud = noise.clouds(x * 3, y * 7, 4);
    return mix(0.62 + 0.25 * y, 0.96, (cloud - cover) * 5);
  };
}

/** Rows of hills, the nearer the darker. */
function hills(noise: Noise, rows: number, horizon: number): (under: Scene) => Scene {
  return (under) => (x, y) => {
    for (let row = rows - 1; row >= 0; row--) {
      const base = horizon + (0.85 - horizon) * (row / rows);
      const top = base - 0.16 * noise.clouds(x * (2 + row) + row * 40, row * 9, 4);
      if (y < top) continue;
      const texture = 0.12 * noise.clouds(x * 40, y * 60, 2);
      return mix(0.56, 0.2, row / rows) + texture - 0.1 * (y - top);
    }
    return under(x, y);
  };
}

function sea(noise: Noise, horizon: number): (under: Scene) => Scene {
  return (under) => (x, y) => {
    if (y < horizon) return under(x, y);
    const depth = (y - horizon) / (1 - horizon);
    const wave = noise.clouds((x * 14) / (0.15 + depth), 30 * Math.sqrt(depth), 2);
    return 0.34 + 0.3 * (wave - 0.45) + 0.12 * (1 - depth);
  };
}

function sun(x0: number, y0: number, size: number): (under: Scene) => Scene {
  return (under) => (x, y) => mix(under(x, y), 0.98, inside(Math.hypot(x - x0, y - y0), size, 0.01));
}

function house(x0: number, base: number, size: number): (under: Scene) => Scene {
  return (under) => (x, y) => {
    const dx = (x - x0) / size;
    const dy = (base - y) / size;
    const roof = dy > 0.6 && dy < 1.1 - Math.abs(dx) * 0.75 && Math.abs(dx) < 0.62;
    if (roof) return 0.18 + 0.05 * ((dy * 40) % 1);
    if (Math.abs(dx) > 0.5 || dy < 0 || dy > 0.62) return under(x, y);
    const door = Math.abs(dx) < 0.09 && dy < 0.34;
    const pane = Math.abs(Math.abs(dx) - 0.28) < 0.09 && Math.abs(dy - 0.34) < 0.11;
    return door ? 0.22 : pane ? 0.12 : dx > 0 ? 0.82 : 0.72;
  };
}

function tree(x0: number, base: number, size: number, noise: Noise): (under: Scene) => Scene {
  return (under) => (x, y) => {
    const dx = (x - x0) / size;
    const dy = (base - y) / size;
    if (Math.abs(dx) < 0.05 && dy > 0 && dy < 0.5) return 0.14;
    const ragged = 0.14 * noise.clouds(dx * 9 + x0 * 50, dy * 9, 3);
    const crown = Math.hypot(dx, dy - 0.75) < 0.32 + ragged;
    return crown ? 0.16 + 0.3 * noise.clouds(dx * 14 + x0 * 50, dy * 14, 2) : under(x, y);
  };
}

/** A banded tower with its lantern. */
function lighthouse(x0: number, base: number, size: number): (under: Scene) => Scene {
  return (under) => (x, y) => {
    const dx = Math.abs(x - x0) / size;
    const dy = (base - y) / size;
    const side = 1 - 0.6 * ((x - x0) / size / 0.14);
    if (dy >= 0 && dy < 1 && dx < 0.14 - 0.06 * dy)
      return (Math.floor(dy * 5) % 2 ? 0.82 : 0.3) * mix(0.8, 1, side);
    if (dy >= 1 && dy < 1.02 && dx < 0.11) return 0.12;
    if (dy >= 1.02 && dy < 1.12 && dx < 0.06) return dx < 0.045 ? 0.9 : 0.15;
    return dy >= 1.12 && dy < 1.22 && dx < 0.75 * (1.22 - dy) ? 0.15 : under(x, y);
  };
}

export const SCENES = ['hills', 'coast', 'farm', 'lighthouse', 'grove'] as const;

/** @param seed varies the position and shape of the scene's objects */
export function scene(name: (typeof SCENES)[number], seed: number): Scene {
  const random = randomNumbers(seed);
  const noise = new Noise(seed + 1);
  const between = (low: number, high: number) => low + (high - low) * random();
  const above = sky(noise, between(0.42, 0.6));
  switch (name) {
    case 'hills':
      return hills(noise, 4, between(0.4, 0.55))(sun(between(0.15, 0.85), 0.18, between(0.03, 0.06))(above));
    case 'coast':
      return sea(noise, between(0.45, 0.6))(sun(between(0.2, 0.8), 0.25, 0.05)(above));
    case 'farm': {
      const x = between(0.3, 0.7);
      const land = hills(noise, 3, 0.5)(above);
      return tree(x - 0.3, 0.82, 0.3, noise)(house(x, 0.84, between(0.24, 0.34))(land));
    }
    case 'lighthouse': {
      const shore = hills(noise, 1, 0.82)(sea(noise, between(0.55, 0.62))(above));
      return lighthouse(between(0.3, 0.7), 0.86, between(0.5, 0.6))(shore);
    }
    case 'grove': {
      const land = hills(noise, 2, 0.6)(above);
      return [0.12, 0.33, 0.52, 0.7, 0.9].reduce(
        (under, x) => tree(x + between(-0.06, 0.06), between(0.75, 0.92), between(0.28, 0.5), noise)(under),
        land,
      );
    }
  }
}
