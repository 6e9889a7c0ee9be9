/** Builds the page into a folder: `node --import tsx lambda/gateway/page/build.ts FOLDER`. */
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const here = import.meta.dirname;

/** Writes the files of `PAGE_FILES`. */
export async function buildPage(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  await build({
    entryPoints: [join(here, 'app.ts'), join(here, 'image-worker.ts'), join(here, 'style.css')],
    outdir: folder,
    bundle: true,
    minify: true,
    platform: 'browser',
    format: 'esm',
    // OffscreenCanvas in workers: Safari has it since 16.4.
    target: ['chrome105', 'firefox110', 'safari16.4'],
    logLevel: 'warning',
  });
  for (const name of ['index.html', 'icon.svg']) copyFileSync(join(here, name), join(folder, name));
}

const [, script, folder] = process.argv;
if (script === import.meta.filename && folder) await buildPage(folder);
