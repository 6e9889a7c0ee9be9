/**
 * `npm run bench -- worker`: what a photo costs the worker beside its codec alone (`photo-cost.ts`), then photos/s of a worker, and
 * how long ComfyUI is idle while photos wait.
 *
 * Without a URL, ComfyUI is the stand-in with a fixed GPU time and the measured CPU time of a real one.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { bundle } from '../../worker/bundle.ts';
import { localPath } from '../../common/environment.ts';
import { workflowAt } from '../../cli/comfyui/workflow-at.ts';
import { costLines } from './photo-cost-report.ts';
import { bundlePhotoCost, COST_MEGAPIXELS, measurePhotoCosts, type PhotoCost } from './photo-cost.ts';
import { measuredLoad } from './comfyui-load.ts';
import { RealComfyui, StandInComfyui, type MeasuredComfyui } from './measured-comfyui.ts';
import { settingsFor } from './settings.ts';
import { timelineSvg } from './timeline.ts';
import { lanesMissed, measureRates, rateLines, type Row } from './worker-rates.ts';
import { SCAN_KINDS, type WorkerBenchOptions } from './worker-options.ts';

/** Draws some seconds of the worker at 3 megapixels, or at the first size. */
function writePicture(file: string, rows: Row[]): void {
  const { megapixels, chroma } = rows.find((row) => row.megapixels === 3) ?? rows[0]!;
  const title = `Photos of ${megapixels} megapixels in a worker, ${availableParallelism()} cores`;
  writeFileSync(file, timelineSvg(chroma.passed, title));
}

const withoutPhotos = (key: string, value: unknown) => (key === 'passed' ? undefined : value);

export async function bench(values: WorkerBenchOptions): Promise<number> {
  const gpuSeconds = values.gpuMs / 1000;
  // Inside of the repository, so that the bundles find sharp.
  const folder = mkdtempSync(localPath('bench-'));
  const began = Date.now();
  const say = (line: string) =>
    console.error(`${String(Math.round((Date.now() - began) / 1000)).padStart(4)} s  ${line}`);
  let comfyui: MeasuredComfyui | undefined;
  try {
    const here = import.meta.dirname;
    await Promise.all([
      bundle(join(here, 'comfyui.ts'), join(folder, 'comfyui.mjs')),
      bundle(join(here, 'worker-child.ts'), join(folder, 'worker.mjs')),
      bundlePhotoCost(folder),
    ]);
    const workflow = values.comfyui ? await workflowAt(values.comfyui) : 'ddcolor';
    const { size = 512 } = settingsFor('cpu', 'chroma', workflow).workflow.chroma ?? {};
    let photos: PhotoCost[] = [];
    if (values.only !== 'rate') {
      const { megapixels = COST_MEGAPIXELS, kinds = SCAN_KINDS } = values;
      const settings = settingsFor('cpu', 'chroma', workflow);
      photos = await measurePhotoCosts({ folder, settings, megapixels, kinds, say });
      for (const line of costLines(photos)) console.log(line);
    }
    let rows: Row[] = [];
    if (values.only !== 'cost') {
      comfyui = values.comfyui
        ? await RealComfyui.at(values.comfyui)
        : await StandInComfyui.start(join(folder, 'comfyui.mjs'), measuredLoad(gpuSeconds, size));
      rows = await measureRates({ comfyui, workflow, folder, sizes: values.megapixels, say });
      for (const line of rateLines(rows)) console.log(line);
    }
    const cores = availableParallelism();
    if (values.picture && rows.length > 0) writePicture(values.picture, rows);
    if (values.json)
      writeFileSync(
        values.json,
        `${JSON.stringify({ photos, cores, comfyui: values.comfyui ?? 'stand-in', gpuSeconds, rows }, withoutPhotos, 2)}\n`,
      );
    if (values.comfyui) return 0;
    const misses = lanesMissed(rows);
    for (const miss of misses) console.error(`missed: ${miss}`);
    return misses.length > 0 ? 1 : 0;
  } finally {
    comfyui?.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
