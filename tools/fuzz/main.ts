/** `npm run test:full -- fuzz [TARGET] [--seconds N] [--seed N] [--keep]`: fuzzes every parser of other parties' bytes. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { createHash } from 'node:crypto';
import { localPath } from '../../common/environment.ts';
import { corpusOf, keep } from './corpus.ts';
import { fuzz } from './fuzz.ts';
import { TARGETS } from './targets.ts';

/** @returns 0 when no input broke a rule; inputs that did are in `.local/fuzz/` */
export async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      seconds: { type: 'string', default: '20' },
      seed: { type: 'string', default: '1' },
      keep: { type: 'boolean', default: false },
    },
  });
  const known = TARGETS.map(({ name }) => name);
  const unknown = positionals.find((name) => !known.includes(name));
  const seconds = Number(values.seconds);
  if (unknown !== undefined || !(seconds > 0)) {
    console.error(
      unknown === undefined
        ? `--seconds '${values.seconds}': more than 0.`
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
      const folder = localPath('fuzz', target.name);
      mkdirSync(folder, { recursive: true });
      const name = createHash('sha256').update(input).digest('hex').slice(0, 16);
      writeFileSync(`${folder}/${name}`, input);
      console.error(`  ${why}: .local/fuzz/${target.name}/${name}`);
    }
    if (values.keep) keep(target.name, [...findings.map(({ input }) => input), slowest.input], corpus);
    failed += findings.length;
  }
  return failed === 0 ? 0 : 1;
}
