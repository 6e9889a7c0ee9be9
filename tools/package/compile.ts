/** Compiles the constructs to JavaScript with declarations. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { UserError } from '../../common/errors.ts';
import { runToEnd } from '../../common/processes.ts';

const compiler = join(
  createRequire(import.meta.url).resolve('typescript-7/package.json'),
  '..',
  'bin',
  'tsc',
);

/** Constructs import only types from these folders; their code is in bundles. */
const TYPES_ONLY = /^(lambda|worker)[\\/]/;
const RELATIVE = /(['"])(\.{1,2}\/[^'"]+)\.ts\1/g;

/** @throws UserError with the compiler's messages */
export async function compile(root: string, dist: string): Promise<void> {
  const config = join(root, 'tsconfig.package.json');
  const { code, output } = await runToEnd(process.execPath, [compiler, '-p', config, '--outDir', dist], {});
  if (code !== 0) throw new UserError(output.trim() || `The compiler exited with ${code}.`);
  for (const name of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
    const file = join(dist, name);
    if (name.endsWith('.js') && TYPES_ONLY.test(name)) rmSync(file);
    // The compiler does not rewrite import paths in declarations.
    if (name.endsWith('.d.ts'))
      writeFileSync(file, readFileSync(file, 'utf8').replace(RELATIVE, '$1$2.js$1'));
  }
}
