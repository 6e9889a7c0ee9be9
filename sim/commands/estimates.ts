/** `simulate estimates [FOLDER]`: accuracy of the wait estimate on many traces. */
import { join } from 'node:path';
import {
  bySituation,
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
import { SITUATIONS } from '../situations.ts';
import type { PolicySettings } from '../../contract/policy.ts';
import type { World } from '../world.ts';
import { UsageError } from '../../common/errors.ts';
import { csvFiles } from '../traffic/trace.ts';
import { surgeOf } from '../traffic/surges.ts';
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

type Samples = Record<EstimateTime, EstimateSamples[]>;
const noSamples = (): Samples => ({ stored: [], waiting: [] });

/** @throws UsageError for a policy that publishes no view */
function settingsOf({ policy, set }: Options, world: World): PolicySettings {
  const { kind, settings } = policyOf(policy, set, world);
  const stage = kind.stageSettings?.(settings);
  if (stage) return stage;
  const known = POLICIES.filter((one) => 'stageSettings' in one).map((one) => one.name);
  throw new UsageError(
    `--policy is '${policy}', which publishes no view: expected one of ${known.join(', ')}`,
  );
}

/** The samples of each trace. */
async function* ofTraces(options: Options, progress: Progress): AsyncGenerator<[name: string, Samples]> {
  for (const trace of await tracesOf(options)) {
    const scenarioOf = await scenarios({ ...options, trace });
    const samples = noSamples();
    let name = trace;
    for (let k = 0; k < options.seeds; k++) {
      const scenario = scenarioOf(options.seed + k);
      name = scenario.trace.replace(/\.csv$/, '');
      const one = await estimatesIn(scenario, settingsOf(options, scenario.world), (share) =>
        progress.show(`wait estimates, ${name}`, share),
      );
      for (const asked of ESTIMATE_TIMES) samples[asked].push(one[asked]);
    }
    yield [name, samples];
  }
}

/** The samples of made-up surges. */
async function* ofSurges(
  options: Options,
  surges: number,
  progress: Progress,
): AsyncGenerator<[string, Samples]> {
  const samples = noSamples();
  for (let k = 0; k < surges; k++) {
    const { scenario, settings, isSampled } = surgeOf(options.seed + k, options.world, options.with);
    const one = await estimatesIn(scenario, settings, undefined, isSampled);
    for (const asked of ESTIMATE_TIMES) samples[asked].push(one[asked]);
    progress.show('wait estimates, surges', k / surges);
  }
  yield ['surges', samples];
}

export async function estimates(options: Options, progress: Progress): Promise<void> {
  const { world, seed, seeds, policy, surges } = options;
  const all = noSamples();
  const results: ({ trace: string; asked: EstimateTime } & EstimateFigures)[] = [];
  const add = (trace: string, samples: Samples) =>
    results.push(...ESTIMATE_TIMES.map((asked) => ({ trace, asked, ...figuresOf(samples[asked]) })));
  const traces = surges === undefined ? ofTraces(options, progress) : ofSurges(options, surges, progress);
  for await (const [name, samples] of traces) {
    for (const asked of ESTIMATE_TIMES) all[asked].push(...samples[asked]);
    add(name, samples);
  }
  if (results.length > ESTIMATE_TIMES.length) add(TOTAL, all);
  const situations = ESTIMATE_TIMES.flatMap((asked) =>
    bySituation(all[asked]).map(({ situation, figures }) => ({ situation, asked, ...figures })),
  );
  progress.clear();
  const settings = { world, with: { ...options.with }, seed, seeds, policy };
  if (await writeJson(options, { ...settings, results, situations })) return;
  const head = 'trace,asked,photos,unknown,error s,error %,bias s,longer %,within most %,ahead'.split(',');
  printText(
    aligned([head, ...results.map(({ trace, asked, ...figures }) => row(trace, asked, figures))], [0, 1]),
  );
  head[0] = 'situation';
  const rows = situations.map(({ situation, asked, ...figures }) =>
    row(SITUATIONS[situation], asked, figures),
  );
  printText(`\n${aligned([head, ...rows], [0, 1])}`);
}
