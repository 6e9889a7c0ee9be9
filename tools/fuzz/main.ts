/** `npm run test:full -- fuzz [TARGET] [--seconds N] [--inputs N] [--seed N] [--keep]`: fuzzes every parser of other parties' bytes. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { createHash } from 'node:crypto';
import { localPath } from '../../common/environment.ts';
import { corpusOf, keep } from './corpus.ts';
import { FAULTS } from './files.ts';
import { fuzzFilesInProcesses } from './files-in-processes.ts';
import { fuzz } from './fuzz.ts';
import { TARGETS } from './targets.ts';

/** @returns 0 when no input broke a rule; inputs that did are in `.local/fuzz/` */
export async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      seconds: { type: 'string', default: '20' },
      inputs: { type: 'string', default: '10000' },
      seed: { type: 'string', default: '1' },
      keep: { type: 'boolean', default: false },
    },
  });
  const known = [...TARGETS.map(({ name }) => name), FILES];
  const unknown = positionals.find((name) => !known.includes(name));
  const [seconds, inputs] = [Number(values.seconds), Number(values.inputs)];
  if (unknown !== undefined || !(seconds > 0) || !(inputs > 0)) {
    console.error(
      unknown === undefined
        ? `--seconds '${values.seconds}', --inputs '${values.inputs}': more than 0.`
        : `'${unknown}' is no target: ${known.join(', ')}.`,
    );
    return 2;
  }
  let failed = 0;
  for (const target of TARGETS) {
    if (positionals.length > 0 && !positionals.includes(target.name)) continue;
    const started = Date.now();
    const heap = process.memoryUsage().heapUsed;
    const result = await fuzz(target, corpusOf(target.name), Number(values.seed), started + 1000 * seconds);
    const { executions, blocks, corpus, slowest, findings } = result;
    const rate = Math.round(executions / ((Date.now() - started) / 1000));
    const grown = Math.round((process.memoryUsage().heapUsed - heap) / 1e6);
    console.log(
      `${target.name.padEnd(10)} ${executions} inputs, ${rate}/s, ${blocks} blocks, ${corpus.length} kept; ` +
        `slowest ${slowest.ms.toFixed(2)} ms (${slowest.input.length} bytes); heap ${grown} MB more; ${findings.length} findings`,
    );
    for (const { why, input } of findings) {
      console.error(`  ${why}: ${stored(target.name, input)}`);
    }
    if (values.keep) keep(target.name, [...findings.map(({ input }) => input), slowest.input], corpus);
    failed += findings.length;
  }
  if (positionals.length === 0 || positionals.includes(FILES))
    failed += await files(Number(values.seed), inputs);
  return failed === 0 ? 0 : 1;
}

/** Files of photos, through image processes: they have no coverage, and their number counts, not the time. */
const FILES = 'files';
const SHOW_EVERY = 1000;

/** @returns how many inputs broke a rule */
async function files(seed: number, inputs: number): Promise<number> {
  let done = 0;
  const { outcomes, findings, slowestSeconds } = await fuzzFilesInProcesses(seed, inputs, () => {
    if (++done % SHOW_EVERY === 0) console.log(`${FILES.padEnd(10)} ${done} of ${inputs} inputs`);
  });
  const counts = [...outcomes].sort().map(([outcome, count]) => `${outcome} ${count}`);
  const faults = FAULTS.map((fault) => `${fault} ${findings.filter((one) => one.fault === fault).length}`);
  console.log(
    `${FILES.padEnd(10)} ${inputs} inputs of seed ${seed}: ${counts.join(', ')}; slowest ${slowestSeconds.toFixed(1)} s; ` +
      `faults: ${faults.join(', ')}`,
  );
  for (const { fault, why, number, input } of findings)
    console.error(`  ${fault}, input ${number}: ${why}: ${stored(FILES, input)}`);
  return findings.length;
}

/** @returns where it is now */
function stored(target: string, input: Buffer): string {
  const folder = localPath('fuzz', target);
  mkdirSync(folder, { recursive: true });
  const name = createHash('sha256').update(input).digest('hex').slice(0, 16);
  writeFileSync(`${folder}/${name}`, input);
  return `.local/fuzz/${target}/${name}`;
}
