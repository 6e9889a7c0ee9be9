/** Builds the page into a folder: `node --import tsx lambda/gateway/page/build.ts FOLDER`. */
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, type BuildOptions } from 'esbuild';

const here = import.meta.dirname;
const COPIED = ['icon.svg', 'icon-192.png', 'icon-512.png', 'manifest.webmanifest'];

const OPTIONS = {
  bundle: true,
  minify: true,
  platform: 'browser',
  format: 'esm',
  // OffscreenCanvas in workers: Safari has it since 16.4.
  target: ['chrome105', 'firefox110', 'safari16.4'],
  logLevel: 'warning',
} satisfies BuildOptions;

/** Writes the files of `PAGE_FILES`. */
export async function buildPage(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const entryPoints = ['app.ts', 'image-worker.ts', 'style.css'].map((name) => join(here, name));
  await build({ ...OPTIONS, entryPoints, outdir: folder });
  for (const name of COPIED) copyFileSync(join(here, name), join(folder, name));
  const html = readFileSync(join(here, 'index.html'), 'utf8');
  const files = readdirSync(folder).filter((name) => name !== 'index.html' && name !== 'service-worker.js');
  const hash = createHash('sha256')
    .update(html)
    .update(readFileSync(join(here, 'service-worker.ts')));
  for (const name of files.sort()) hash.update(name).update(readFileSync(join(folder, name)));
  const version = hash.digest('hex').slice(0, 16);
  writeFileSync(join(folder, 'index.html'), html.replaceAll('?v=VERSION', `?v=${version}`));
  await build({
    ...OPTIONS,
    entryPoints: [join(here, 'service-worker.ts')],
    outdir: folder,
    define: { VERSION: JSON.stringify(version), FILES: JSON.stringify(files) },
  });
}

const [, script, folder] = process.argv;
if (script === import.meta.filename && folder) await buildPage(folder);
