/** Builds `dist/` for the npm package, which `npm run package` then packs. */
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../../common/errors.ts';
import { bundleCommands, bundleFunctions } from './bundles.ts';
import { compile } from './compile.ts';
import { printError } from '../../common/terminal.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const DIST = join(ROOT, 'dist');

export async function main(): Promise<number> {
  // Files of earlier builds must not be packed.
  rmSync(DIST, { recursive: true, force: true });
  try {
    await compile(ROOT, DIST);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    printError(error.message);
    return 1;
  }
  await Promise.all([bundleFunctions(ROOT, DIST), bundleCommands(ROOT, DIST)]);
  cpSync(join(ROOT, 'ami', 'workflow'), join(DIST, 'ami', 'workflow'), { recursive: true });
  return 0;
}
