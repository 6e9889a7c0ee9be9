/** Fuzzes one parser, guided by coverage, and checks what must hold for every input. */
import { Coverage } from './coverage.ts';
import { mutated, numbers } from './mutate.ts';
import type { Target } from './targets.ts';

/** Longest time of an input of up to 4 kB, milliseconds: ten times what 1 MB may take by proportion, for busy machines. */
export const MAX_MS = 50;
/** Coverage is read once for a batch, since reading it takes as long as a thousand inputs. */
const BATCH = { least: 32, most: 8192 };

export interface Finding {
  why: string;
  input: Buffer;
}

export interface FuzzResult {
  executions: number;
  blocks: number;
  /** Inputs that reached new code. */
  corpus: Buffer[];
  slowest: { ms: number; input: Buffer };
  findings: Finding[];
}

const builtIns = [Object, Array, String, Function, Map].map(({ prototype }) => prototype as object);
const names = () => builtIns.map((one) => Reflect.ownKeys(one).length).join();
const UNCHANGED = names();

/** @returns what is wrong with how the parser takes this input, and its milliseconds of CPU, which other processes do not change */
export async function check(target: Target, input: Buffer): Promise<{ why?: string; ms: number }> {
  const from = process.cpuUsage();
  let why: string | undefined;
  try {
    await target.run(input);
  } catch (error) {
    if (!target.allowed(error)) why = `threw ${String(error).slice(0, 200)}`;
  }
  const { user, system } = process.cpuUsage(from);
  const ms = (user + system) / 1000;
  if (names() !== UNCHANGED)
    throw new Error(`${target.name} changed a prototype for ${input.toString('base64')}`);
  return { why, ms };
}

/** Best of three, so that only the parser's own time counts. */
async function timeOf(target: Target, input: Buffer): Promise<number> {
  const times = [await check(target, input), await check(target, input), await check(target, input)];
  return Math.min(...times.map(({ ms }) => ms));
}

/** @param until epoch milliseconds */
export async function fuzz(target: Target, kept: Buffer[], seed: number, until: number): Promise<FuzzResult> {
  const coverage = new Coverage(new URL('../../', import.meta.url).href);
  const draw = numbers(seed);
  const result: FuzzResult = {
    executions: 0,
    blocks: 0,
    corpus: [],
    slowest: { ms: 0, input: Buffer.alloc(0) },
    findings: [],
  };
  const reasons = new Set<string>();
  const run = async (input: Buffer) => {
    result.executions++;
    const { why, ms } = await check(target, input);
    const tooLong =
      ms > MAX_MS && (await timeOf(target, input)) > MAX_MS ? `took over ${MAX_MS} ms` : undefined;
    const found = why ?? tooLong;
    if (found !== undefined && !reasons.has(found)) {
      reasons.add(found);
      result.findings.push({ why: found, input });
    }
    if (ms > result.slowest.ms) {
      const best = await timeOf(target, input);
      if (best > result.slowest.ms) result.slowest = { ms: best, input };
    }
  };
  /** Runs inputs of which some reached new code, and keeps those: halves them until one is left. */
  const keepNew = async (inputs: Buffer[]): Promise<void> => {
    for (const input of inputs) await run(input);
    const fresh = coverage.fresh();
    if (fresh.length === 0 || Date.now() > until) return;
    if (inputs.length === 1) {
      coverage.note(fresh);
      result.corpus.push(inputs[0]!);
      return;
    }
    const middle = Math.ceil(inputs.length / 2);
    await keepNew(inputs.slice(0, middle));
    await keepNew(inputs.slice(middle));
  };
  try {
    for (const input of [...target.seeds, ...kept]) await keepNew([input]);
    if (result.corpus.length === 0) result.corpus.push(...target.seeds);
    let size = BATCH.least;
    while (Date.now() < until) {
      const before = result.corpus.length;
      await keepNew(Array.from({ length: size }, () => mutated(result.corpus, draw)));
      size = result.corpus.length > before ? BATCH.least : Math.min(BATCH.most, 2 * size);
    }
    result.blocks = coverage.blocks;
    return result;
  } finally {
    coverage.close();
  }
}
