/** Measured figures in contract/photo-costs.ts: taken from the JSON of the benches, and nothing else changes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { COMFYUI_COSTS, WORKER_COSTS } from '../../../contract/photo-costs.ts';
import { withComfyuiCosts, withWorkerCosts } from '../../../tools/bench/adopt.ts';

const text = readFileSync(join(import.meta.dirname, '../../../contract/photo-costs.ts'), 'utf8');
const by = { machine: "a machine's", date: '2026-12-01', command: 'npm run bench -- worker' };
const photos = [
  { megapixels: 3, kind: 'jpeg-rgb', cpuSeconds: 0.123456, floorSeconds: 0.05 },
  { megapixels: 12, kind: 'tiff16', cpuSeconds: 4.5678, floorSeconds: 1 },
];

it('the worker’s figures replace those that are there', () => {
  const made = withWorkerCosts(text, 'w.json', JSON.stringify({ photos }), by);
  expect(made).toContain(`export const WORKER_COSTS: WorkerCosts = {
  machine: 'a machine\\'s',
  date: '2026-12-01',
  command: 'npm run bench -- worker',
  photos: [
    { megapixels: 3, kind: 'jpeg-rgb', cpuSeconds: 0.123 },
    { megapixels: 12, kind: 'tiff16', cpuSeconds: 4.57 },
  ],
};`);
  expect(made).toContain(`seconds: ${COMFYUI_COSTS.single.seconds} },`);
  const { photos: now, ...present } = WORKER_COSTS;
  expect(withWorkerCosts(made, 'w.json', JSON.stringify({ photos: now }), present)).toBe(text);
});

it('so do ComfyUI’s', () => {
  const json = JSON.stringify({
    single: { secondsPerPhoto: 0.03, wallSecondsPerPhoto: 0.04 },
    batch8: { secondsPerPhoto: 0.0123456, wallSecondsPerPhoto: 0.02 },
  });
  const made = withComfyuiCosts(text, 'c.json', json, by);
  expect(made).toContain(
    "command: 'npm run bench -- worker',\n  single: { cpuSeconds: 0.03, seconds: 0.04 },\n  batch8: { cpuSeconds: 0.0123, seconds: 0.02 },\n};",
  );
});

it.each([['{'], ['{}'], ['{"photos":[]}'], ['{"photos":[{"megapixels":0,"kind":"png","cpuSeconds":1}]}']])(
  'a file with %s is refused',
  (json) => {
    expect(() => withWorkerCosts(text, 'w.json', json, by)).toThrow('w.json has no figures of that bench');
    expect(() => withComfyuiCosts(text, 'c.json', json, by)).toThrow('c.json has no figures of that bench');
  },
);
