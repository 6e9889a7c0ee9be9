/** `simulate estimates [FOLDER]`: accuracy of the wait estimate on many traces. */
import { join } from 'node:path';
import {
  ESTIMATE_TIMES,
  figuresOf,
  estimatesIn,
  type EstimateTime,
  type EstimateFigures,
  type EstimateSamples,
} from '../estimates.ts';
import type { Options } from '../options.ts';
import { POLICIES, policyOf } from '../policies/index.ts';
import type { Progress } from '../progress.ts';
import { scenarios } from '../scenario.ts';
import { UsageError } from '../../common/errors.ts';
import { csvFiles } from '../traffic/trace.ts';
import { SYNTHETIC } from '../traffic/synthetic.ts';
import { aligned, number, writeJson } from '../output.ts';
import { printText } from '../../common/terminal.ts';

const LABELS: Record<EstimateTime, string> = { stored: 'when stored', waiting: 'while waiting' };
const TOTAL = 'all';

/** The trace of `--trace`, or the synthetic ones and every CSV of a folder. */
async function tracesOf({ trace, everyTrace, files: [folder] }: Options): Promise<string[]> {
  if (!everyTrace) return [trace];
  if (folder === undefined) return SYNTHETIC;
  const files = await csvFiles(folder);
  return [...SYNTHETIC, ...files.map((name) => join(folder, name))];
}

const percent = (share: number | null) => number(share === null ? null : 100 * share, 0);

function row(trace: string, asked: EstimateTime, figures: EstimateFigures): string[] {
  const { photos, unknown, error, relative, bias, longer, withinMost, ahead } = figures;
  return [
    trace,
    LABELS[asked],
    number(photos, 0),
    number(unknown, 0),
    number(error, 1),
    percent(relative),
    number(bias, 1),
    percent(longer),
    percent(withinMost),
    number(ahead, 1),
  ];
}

export async function estimates(options: Options, progress: Progress): Promise<void> {
  const all: Record<EstimateTime, EstimateSamples[]> = { stored: [], waiting: [] };
  const results: ({ trace: string; asked: EstimateTime } & EstimateFigures)[] = [];
  const add = (trace: string, samples: Record<EstimateTime, EstimateSamples[]>) =>
    results.push(...ESTIMATE_TIMES.map((asked) => ({ trace, asked, ...figuresOf(samples[asked]) })));
  for (const trace of await tracesOf(options)) {
    const scenarioOf = await scenarios({ ...options, trace });
    const samples: Record<EstimateTime, EstimateSamples[]> = { stored: [], waiting: [] };
    let name = trace;
    for (let k = 0; k < options.seeds; k++) {
      const scenario = scenarioOf(options.seed + k);
      const { kind, settings } = policyOf(options.policy, options.set, scenario.world);
      const stage = kind.stageSettings?.(settings);
      if (!stage) {
        const known = POLICIES.filter((one) => 'stageSettings' in one).map((one) => one.name);
        throw new UsageError(
          `--policy is '${options.policy}', which publishes no view: expected one of ${known.join(', ')}`,
        );
      }
      name = scenario.trace.replace(/\.csv$/, '');
      const one = await estimatesIn(scenario, stage, (share) =>
        progress.show(`wait estimates, ${name}`, share),
      );
      for (const asked of ESTIMATE_TIMES) {
        samples[asked].push(one[asked]);
        all[asked].push(one[asked]);
      }
    }
    add(name, samples);
  }
  if (options.everyTrace) add(TOTAL, all);
  progress.clear();
  const { world, seed, seeds, policy } = options;
  if (await writeJson(options, { world, with: { ...options.with }, seed, seeds, policy, results })) return;
  const head = 'trace,asked,photos,unknown,error s,error %,bias s,longer %,within most %,ahead'.split(',');
  printText(
    aligned([head, ...results.map(({ trace, asked, ...figures }) => row(trace, asked, figures))], [0, 1]),
  );
}
