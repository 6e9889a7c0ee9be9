/**
 * Packs what an image needs of this repository into one tarball: the worker, its image process, sharp, and the workflows, one of
 * which records the colours of the known picture during the build.
 *
 *     main.mjs  journal.mjs  image-process.mjs  image-watchdog.mjs  lcms.wasm  *.map  node_modules/  workflow/*.json
 */
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runToEnd } from '../../common/processes.ts';
import { UserError } from '../../common/errors.ts';
import { bundleWorker } from '../../worker/bundle.ts';
import { placeSharp } from './sharp.ts';

/**
 * @param root of the repository
 * @param directory is emptied first
 * @returns path of the tarball
 */
export async function workerArchive(root: string, directory: string, abort: AbortSignal): Promise<string> {
  const content = join(directory, 'worker');
  const archive = join(directory, 'worker.tar.gz');
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(content, { recursive: true });
  await bundleWorker(join(content, 'main.mjs'));
  await placeSharp(root, content, abort);
  cpSync(join(root, 'ami', 'workflow'), join(content, 'workflow'), { recursive: true });
  const { code, output } = await runToEnd('tar', ['-czf', archive, '-C', content, '.'], { abort });
  if (code !== 0) throw new UserError(`tar could not pack the worker (${code}): ${output}`);
  return archive;
}
