/** The model of an instance has the figures of the benches that are checked in. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { COMFYUI_COSTS, WORKER_COSTS } from '../../../contract/photo-costs.ts';
import { withComfyuiCosts, withWorkerCosts } from '../../../tools/bench/adopt.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const read = (...path: string[]) => readFileSync(join(ROOT, ...path), 'utf8');

it.each([
  ['worker.json', withWorkerCosts, WORKER_COSTS],
  ['comfyui.json', withComfyuiCosts, COMFYUI_COSTS],
])('%s is in contract/photo-costs.ts', (file, adopted, by) => {
  const text = read('contract', 'photo-costs.ts');
  const made = adopted(text, file, read('tools', 'bench', 'results', file), by);
  expect(made === text, `run npm run bench -- adopt with tools/bench/results/${file}`).toBe(true);
});
