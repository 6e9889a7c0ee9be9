/** `npm run test:full -- mutation [-- SHARD... [--mutate GLOB]]`: plants faults one by one and counts those that a test notices. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { command } from '../../common/command.ts';
import { localPath } from '../../common/environment.ts';
import { UsageError } from '../../common/errors.ts';
import { start } from '../../common/processes.ts';
import table from './shards.json' with { type: 'json' };

const STRYKER = join(
  createRequire(import.meta.url).resolve('@stryker-mutator/core/package.json'),
  '..',
  'bin',
  'stryker.js',
);

const { leastKilledPercent, shards } = table;

const reportSchema = z.object({
  files: z.record(z.string(), z.object({ mutants: z.array(z.object({ status: z.string() })) })),
});

export interface Score {
  killed: number;
  /** Mutants that compile and are not declared equivalent. */
  valid: number;
  /** Declared equivalent in a comment with the reason. */
  equivalent: number;
}

/** Counts of one Stryker report; a mutant that times out counts as killed. */
export function scoreOf(report: z.infer<typeof reportSchema>): Score {
  const all = Object.values(report.files).flatMap(({ mutants }) => mutants.map(({ status }) => status));
  const count = (...wanted: string[]) => all.filter((status) => wanted.includes(status)).length;
  const killed = count('Killed', 'Timeout');
  return { killed, valid: killed + count('Survived', 'NoCoverage'), equivalent: count('Ignored') };
}

const percent = (part: number, whole: number) => `${((100 * part) / Math.max(1, whole)).toFixed(1)} %`;

/** Runs the shards one after the other. @returns 1 when one of them has too few mutants killed */
export async function main(args: string[]): Promise<number> {
  return command('npm run test:full -- mutation', async ({ scope, progress }) => {
    const at = args.indexOf('--mutate');
    const mutate = at < 0 ? undefined : args[at + 1];
    const names = (at < 0 ? args : args.slice(0, at)).filter((name) => name !== '--');
    const unknown = names.find((name) => !(name in shards));
    if (unknown !== undefined) {
      throw new UsageError(
        `'${unknown}' is no shard of mutation testing: ${Object.keys(shards).join(', ')}.`,
      );
    }
    const lines: string[] = [];
    let failed = 0;
    for (const name of names.length > 0 ? names : Object.keys(shards)) {
      const startedAt = Date.now();
      progress.print(`== mutation of ${name}`);
      const child = start(process.execPath, [STRYKER, 'run', 'tools/mutation/stryker.config.mjs'], {
        stdio: ['ignore', 'inherit', 'inherit'],
        env: {
          ...process.env,
          SHARD: name,
          MUTATION_WORKERS: process.env.MUTATION_WORKERS ?? String(availableParallelism()),
          ...(mutate !== undefined && { MUTATE: mutate }),
        },
      });
      await scope.defer(() => child.stop());
      const code = await child.ended;
      if (code !== 0) failed++;
      const file = localPath('mutation', `${name}-report.json`);
      const { killed, valid, equivalent } = scoreOf(
        reportSchema.parse(JSON.parse(readFileSync(file, 'utf8'))),
      );
      const minutes = ((Date.now() - startedAt) / 60_000).toFixed(1);
      lines.push(
        `${name.padEnd(10)} ${percent(killed, valid).padStart(7)} of ${valid} mutants killed (at least ${leastKilledPercent} %), ` +
          `${percent(equivalent, valid + equivalent)} declared equivalent, ${minutes} min`,
      );
    }
    for (const line of lines) progress.print(line);
    return failed === 0 ? 0 : 1;
  });
}
