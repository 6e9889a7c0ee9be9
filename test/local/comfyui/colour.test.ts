/** The stand-in merges colours as DDColor does: lightness kept, a and b computed at a small size and scaled up. */
import { describe, expect, it } from 'vitest';
import { colourise, resize, type Pixels } from '../../../local/comfyui/colour.ts';
import { PALETTES } from '../../../local/comfyui/palettes.ts';

/** CIE Lab of sRGB, D65, independent of the code under test. */
function lab([r, g, b]: number[]): [number, number, number] {
  const linear = [r, g, b].map((v = 0) => (v <= 10.31475 ? v / 3294.6 : ((v / 255 + 0.055) / 1.055) ** 2.4));
  const [lr = 0, lg = 0, lb = 0] = linear;
  const f = (t: number) => (t > 216 / 24389 ? Math.cbrt(t) : ((24389 / 27) * t + 16) / 116);
  const x = f((0.4124564 * lr + 0.3575761 * lg + 0.1804375 * lb) / 0.95047);
  const y = f(0.2126729 * lr + 0.7151522 * lg + 0.072175 * lb);
  const z = f((0.0193339 * lr + 0.119192 * lg + 0.9503041 * lb) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

/** Grey ramp from left to right, brighter towards the bottom. */
function ramp(width: number, height: number): Pixels {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    const tone = Math.round((200 * (i % width)) / width + (55 * Math.floor(i / width)) / height);
    data.fill(tone, 3 * i, 3 * i + 3);
  }
  return { width, height, data };
}

const pixel = ({ data }: Pixels, i: number) => [...data.subarray(3 * i, 3 * i + 3)];
const hues = (picture: Pixels) =>
  Array.from({ length: picture.width * picture.height }, (_, i) => lab(pixel(picture, i)))
    .filter(([l]) => l > 12 && l < 92)
    .map(([, a, b]) => Math.round(((Math.atan2(b, a) * 180) / Math.PI + 360) % 360));

describe('colourise', () => {
  it.each([
    [301, 203],
    [1, 1],
    [400, 10],
    [7, 513],
  ])('keeps the size %i x %i', async (width, height) => {
    const out = await colourise(ramp(width, height), 64);
    expect([out.width, out.height, out.data.length]).toEqual([width, height, width * height * 3]);
  });

  it('keeps the lightness of every pixel', async () => {
    const input = ramp(256, 64);
    const out = await colourise(input, 512);
    let worst = 0;
    for (let i = 0; i < 256 * 64; i++) {
      worst = Math.max(worst, Math.abs(lab(pixel(input, i))[0] - lab(pixel(out, i))[0]));
    }
    expect(worst).toBeLessThan(1);
  });

  it('keeps the lightness of a picture in colour', async () => {
    const input = { width: 2, height: 1, data: Uint8Array.of(200, 40, 30, 30, 60, 200) };
    const out = await colourise(input, 32);
    for (const i of [0, 1]) expect(lab(pixel(out, i))[0]).toBeCloseTo(lab(pixel(input, i))[0], 0);
  });

  it('has several hues, with edges between them', async () => {
    const out = await colourise(ramp(512, 512), 512);
    const seen = hues(out);
    const bins = new Map<number, number>();
    for (const hue of seen) bins.set(Math.round(hue / 20), (bins.get(Math.round(hue / 20)) ?? 0) + 1);
    expect([...bins.values()].filter((count) => count > seen.length / 50).length).toBeGreaterThanOrEqual(4);
    const row = hues({ width: 512, height: 1, data: out.data.subarray(400 * 512 * 3, 401 * 512 * 3) });
    const steps = row.slice(1).map((hue, i) => Math.abs(hue - (row[i] ?? 0)));
    expect(Math.max(...steps)).toBeGreaterThan(40);
  });

  it('scales a and b by nearest neighbour', async () => {
    const out = await colourise(ramp(512, 8), 64);
    const ab = (x: number) =>
      lab(pixel(out, 4 * 512 + x))
        .slice(1)
        .map((value) => Math.round(value / 3));
    for (const block of [20, 30, 40]) expect(ab(block * 8 + 1)).toEqual(ab(block * 8 + 6));
  });

  it('is noise with random weights', async () => {
    const picture = ramp(64, 64);
    const hue = new Set(
      hues(await colourise(picture, 64, { random: true })).map((value) => Math.round(value / 10)),
    );
    expect(hue.size).toBeGreaterThan(25);
  });
});

describe('the soft palette', () => {
  const size = 256;
  const at = (paint: (x: number, y: number) => number) => {
    const lightness = Float32Array.from({ length: size * size }, (_, i) =>
      paint(i % size, Math.floor(i / size)),
    );
    const { a, b } = PALETTES.fields(lightness, size);
    return (x: number, y: number): [number, number] => [a[y * size + x]!, b[y * size + x]!];
  };

  it('is blue in a bright sky, warm in mid-tones, green below', () => {
    const hue = at((_, y) => (y < 100 ? 75 : y < 140 ? 45 : 35));
    expect(hue(128, 20)[1]).toBeLessThan(-10);
    const [a, b] = hue(128, 112);
    expect(a).toBeGreaterThan(2);
    expect(b).toBeGreaterThan(4);
    const [below, earth] = hue(128, 240);
    expect(below).toBeLessThan(-4);
    expect(earth).toBeGreaterThan(10);
  });

  it('has no edge, also where the picture has one', () => {
    const hue = at((x, y) => (x < 128 === y < 128 ? 80 : 30));
    const ofPatches = PALETTES.patches(
      Float32Array.from({ length: size * size }, (_, i) => (i % size < 128 ? 80 : 30)),
      size,
    );
    const steps = Array.from({ length: size - 1 }, (_, x) => {
      const [[a, b], [nextA, nextB]] = [hue(x, 60), hue(x + 1, 60)];
      return Math.hypot(nextA - a, nextB - b);
    });
    const row = 60 * size;
    const harder = Array.from({ length: size - 1 }, (_, x) =>
      Math.hypot(
        ofPatches.a[row + x + 1]! - ofPatches.a[row + x]!,
        ofPatches.b[row + x + 1]! - ofPatches.b[row + x]!,
      ),
    );
    expect(Math.max(...steps)).toBeLessThan(4);
    expect(Math.max(...harder)).toBeGreaterThan(8);
  });
});

describe('resize', () => {
  it('is the identity at the same size, and keeps a flat picture flat at any', () => {
    const values = Float32Array.from({ length: 16 }, (_, i) => i);
    expect([...resize(values, 4, 4, 4)]).toEqual([...values]);
    expect(new Set(resize(new Float32Array(15).fill(3), 5, 3, 8))).toEqual(new Set([3]));
  });

  it('scales the axes by different factors', () => {
    expect([...resize(Float32Array.of(0, 10), 2, 1, 2)]).toEqual([0, 10, 0, 10]);
  });
});

it.each(Object.entries(PALETTES))('%s leaves black and white without colour', (_, palette) => {
  const { a, b } = palette(Float32Array.of(0, 0, 100, 100), 2);
  expect([...a, ...b].map(Math.abs)).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
});
