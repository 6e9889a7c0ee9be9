/** Draws the steps of photos in a worker over time, and when ComfyUI is busy. */
import type { PhotoMeasurements } from '../../worker/photo/pipeline.ts';

/** A finished photo. */
export interface PassedPhoto {
  /** Milliseconds of any clock. */
  endedMs: number;
  /** From its receipt to its outcome. */
  seconds: number;
  figures: PhotoMeasurements;
}

const STEPS = {
  fetch: ['#6b7280', 'fetch'],
  prepare: ['#2563eb', 'decode, normalise'],
  slot: ['#dbe3f1', 'waits for the ComfyUI slot'],
  queued: ['#fbd5a5', 'next in ComfyUI'],
  comfyui: ['#ea7a17', 'runs in ComfyUI'],
  finish: ['#15803d', 'merge, encode'],
  store: ['#6d28d9', 'store'],
} as const;
type Step = keyof typeof STEPS;

interface Bar {
  step: Step;
  from: number;
  to: number;
}

const [LEFT, WIDTH, ROW, TOP, LEGEND] = [96, 860, 20, 34, 46];
const SHOWN = 14;
/** Maximum width of a character in pixels. */
const CHARACTER = 7;

/** Steps of a photo in seconds of the same clock; a prompt runs once the previous one has ended. */
export function barsOf({ endedMs, seconds, figures }: PassedPhoto, comfyuiFree: number): Bar[] {
  const end = endedMs / 1000;
  const {
    fetchSeconds = 0,
    prepareSeconds = 0,
    slotWaitSeconds = 0,
    comfySeconds = 0,
    finishSeconds = 0,
    storeSeconds = 0,
  } = figures;
  const stored = end - storeSeconds;
  const made = stored - finishSeconds;
  const given = made - comfySeconds;
  const runs = Math.min(made, Math.max(given, comfyuiFree));
  const ready = given - slotWaitSeconds;
  const received = end - seconds;
  return [
    { step: 'fetch', from: received, to: received + fetchSeconds },
    { step: 'prepare', from: ready - prepareSeconds, to: ready },
    { step: 'slot', from: ready, to: given },
    { step: 'queued', from: given, to: runs },
    { step: 'comfyui', from: runs, to: made },
    { step: 'finish', from: made, to: stored },
    { step: 'store', from: stored, to: end },
  ];
}

/** @returns an SVG of photos from the middle of the run. @throws for fewer than 14 photos */
export function timelineSvg(photos: PassedPhoto[], title: string): string {
  const made = ({ endedMs, figures: { finishSeconds = 0, storeSeconds = 0 } }: PassedPhoto) =>
    endedMs / 1000 - finishSeconds - storeSeconds;
  const inOrder = [...photos].sort((a, b) => made(a) - made(b));
  if (inOrder.length < SHOWN) throw new Error(`${inOrder.length} photos are too few for a diagram`);
  const first = Math.floor((inOrder.length - SHOWN) / 2);
  const rows = inOrder
    .map((photo, k) => barsOf(photo, k === 0 ? -Infinity : made(inOrder[k - 1]!)))
    .slice(first, first + SHOWN);
  const start = Math.min(...rows.map(([bar]) => bar!.from));
  const length = Math.max(...rows.map((bars) => bars.at(-1)!.to)) - start;
  const x = (at: number) => (LEFT + ((at - start) / length) * WIDTH).toFixed(1);
  const rect = ({ step, from, to }: Bar, y: number) =>
    `<rect x="${x(from)}" y="${y}" width="${(((to - from) / length) * WIDTH).toFixed(1)}" height="${ROW - 5}" fill="${STEPS[step][0]}"/>`;
  const label = (text: string, at: number, y: number, more = '') =>
    `<text x="${at}" y="${y}" ${more}>${text}</text>`;
  const body: string[] = [label(title, LEFT, 20, 'font-weight="600"')];
  rows.forEach((bars, k) => {
    const y = TOP + ROW * k;
    body.push(label(`photo ${k + 1}`, LEFT - 8, y + 12, 'text-anchor="end"'));
    body.push(...bars.filter(({ from, to }) => to > from).map((bar) => rect(bar, y)));
  });
  const comfyuiRow = TOP + ROW * SHOWN + 8;
  body.push(label('ComfyUI', LEFT - 8, comfyuiRow + 12, 'text-anchor="end" font-weight="600"'));
  const running = rows.flatMap((bars) => bars.filter(({ step }) => step === 'comfyui'));
  body.push(...running.map((bar) => rect({ ...bar, to: bar.to - 0.002 * length }, comfyuiRow)));
  const axis = comfyuiRow + ROW + 12;
  for (let at = 0; at <= length; at += 0.5)
    body.push(label(`${at} s`, Number(x(start + at)), axis, 'text-anchor="middle" fill="#555"'));
  let at = LEFT;
  for (const [colour, name] of Object.values(STEPS)) {
    body.push(`<rect x="${at}" y="${axis + 14}" width="12" height="12" fill="${colour}"/>`);
    body.push(label(name, at + 17, axis + 24));
    at += 33 + CHARACTER * name.length;
  }
  const size = `width="${LEFT + WIDTH + 24}" height="${axis + LEGEND}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="system-ui, sans-serif" font-size="12" fill="#111">
<rect width="100%" height="100%" fill="#fff"/>
${body.join('\n')}
</svg>
`;
}
