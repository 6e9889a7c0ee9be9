/** Bundles the worker for the image of the instances and for the local run: its main file and its image process. */
import { copyFileSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/**
 * Bundles the worker with its libraries, except sharp: it loads a native library, so it has to be installed where
 * the bundle's folder or one above it finds it.
 *
 * @param outfile for example `dist/worker.mjs`; the reader of the journal, the image process, its watchdog, LittleCMS and the source maps go into the same folder
 */
export async function bundleWorker(outfile: string): Promise<void> {
  const here = dirname(fileURLToPath(import.meta.url));
  const folder = dirname(outfile);
  await Promise.all([
    bundle(join(here, 'main.ts'), outfile),
    bundle(join(here, 'journal', 'main.ts'), join(folder, 'journal.mjs')),
    bundleImageProcess(folder),
  ]);
}

/** Bundles the image process, its watchdog and LittleCMS, which it loads from its own folder. */
export async function bundleImageProcess(folder: string): Promise<void> {
  const imaging = join(dirname(fileURLToPath(import.meta.url)), 'imaging');
  await Promise.all([
    bundle(join(imaging, 'image-process.ts'), join(folder, 'image-process.mjs')),
    bundle(join(imaging, 'image-watchdog.mjs'), join(folder, 'image-watchdog.mjs')),
  ]);
  copyLcms(folder);
}

/** Copies what `lcms-wasm` loads from the folder of the code that it is bundled into. */
export function copyLcms(folder: string): void {
  const main = createRequire(import.meta.url).resolve('lcms-wasm');
  mkdirSync(folder, { recursive: true });
  copyFileSync(join(dirname(main), 'lcms.wasm'), join(folder, 'lcms.wasm'));
}

/** Bundles one entry file. */
export async function bundle(entry: string, outfile: string): Promise<void> {
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    // CommonJS libraries call `require`, which ES modules do not have.
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    external: ['sharp'],
    sourcemap: true,
    logLevel: 'warning',
  });
}
