/** Which pictures are in colour, and which are grey or in tones of one colour. Made-up pictures; seeds fixed. */
import { describe, expect, it } from 'vitest';
import { isInColour } from '../../colour/tint.ts';

const [WIDTH, HEIGHT] = [192, 144];
type Rgb = [number, number, number];
type Paint = (tone: number, x: number, y: number) => Rgb;

/** A photo of bright and dark parts. */
const toneAt = (x: number, y: number) =>
  Math.round(128 + 70 * Math.sin(x / 19) * Math.cos(y / 13) + 40 * Math.sin((x + y) / 50));

function picture(paint: Paint, width = WIDTH, height = HEIGHT): [Uint8Array, number, number] {
  const rgb = new Uint8Array(3 * width * height);
  for (let i = 0; i < width * height; i++) {
    const [x, y] = [i % width, Math.floor(i / width)];
    const clamped = paint(toneAt(x, y), x, y).map((value) => Math.min(255, Math.max(0, Math.round(value))));
    rgb.set(clamped, 3 * i);
  }
  return [rgb, width, height];
}

const grey: Paint = (tone) => [tone, tone, tone];
const sepia: Paint = (tone) => [1.1 * tone + 8, 0.92 * tone + 4, 0.72 * tone];
const cyanotype: Paint = (tone) => [0.55 * tone, 0.8 * tone + 10, 0.85 * tone + 60];
/** Shadows of one toner, lights of another. */
const splitToned: Paint = (tone) =>
  tone < 128 ? [tone * 0.9, tone * 0.95, tone * 1.1] : [tone, tone * 0.96, tone * 0.86];
/** Yellower towards the edges, with a stain. */
const aged: Paint = (tone, x, y) => {
  const edge = Math.hypot(x / WIDTH - 0.5, y / HEIGHT - 0.5);
  const stain = Math.hypot(x - 150, y - 100) < 25 ? 6 : 0;
  return [tone + 10, tone + 4 - stain / 2, tone - 6 - 14 * edge - stain];
};
let seed = 7;
const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
const noisy =
  (paint: Paint, level: number): Paint =>
  (tone, x, y) =>
    paint(tone, x, y).map((value) => value + level * (random() - 0.5)) as Rgb;
const within = (x: number, y: number, cx: number, cy: number, radius: number) =>
  Math.hypot(x - cx, y - cy) < radius;
/** Two cheeks and lips in pink: 4 % of the picture. */
const handColoured: Paint = (tone, x, y) =>
  within(x, y, 70, 70, 13) || within(x, y, 120, 70, 13) || within(x, y, 95, 100, 8)
    ? [tone + 22, tone - 8, tone - 4]
    : sepia(tone, x, y);
const landscape: Paint = (tone, _x, y) =>
  y < HEIGHT / 2 ? [0.7 * tone, 0.85 * tone, 1.2 * tone] : [0.7 * tone, tone, 0.5 * tone];
/** Light sky and dark grass: each lightness has one colour. */
const skyAndGrass: Paint = (_tone, x, y) =>
  y < HEIGHT / 2 ? [140 + x / 20, 185 + x / 20, 235] : [40 + x / 20, 90 + x / 20, 30];
const fadedPrint: Paint = (tone, x) =>
  x < WIDTH / 2 ? [tone + 12, tone - 4, tone - 14] : [tone - 8, tone, tone + 8];

describe('not in colour', () => {
  it.each<[string, Paint]>([
    ['grey', grey],
    ['grey with the colour noise of a scanner', noisy(grey, 40)],
    ['sepia', sepia],
    ['sepia with noise', noisy(sepia, 30)],
    ['a cyanotype', cyanotype],
    ['two toners', splitToned],
    ['aged paper with a stain', aged],
    ['one colour throughout', () => [200, 40, 40]],
    ['black', () => [0, 0, 0]],
    [
      'a red stamp of less than 2 %',
      (tone, x, y) => (within(x, y, 20, 20, 9) ? [200, 30, 30] : grey(tone, x, y)),
    ],
  ])('%s', (_name, paint) => {
    expect(isInColour(...picture(paint))).toBe(false);
  });

  it('one pixel', () => expect(isInColour(Uint8Array.of(200, 30, 30), 1, 1)).toBe(false));
});

describe('in colour', () => {
  it.each<[string, Paint]>([
    ['a landscape', landscape],
    ['a landscape with noise', noisy(landscape, 30)],
    ['light sky and dark grass', skyAndGrass],
    ['a faded colour print', fadedPrint],
    ['a hand-coloured portrait', handColoured],
  ])('%s', (_name, paint) => {
    expect(isInColour(...picture(paint))).toBe(true);
  });

  it('whatever its size', () => {
    for (const [width, height] of [
      [20, 16],
      [1000, 40],
      [40, 1000],
    ] as const) {
      const paint: Paint = (tone, x) => (x > width / 2 ? [tone, 60, 200] : [200, tone, 60]);
      expect(isInColour(...picture(paint, width, height))).toBe(true);
    }
  });
});
