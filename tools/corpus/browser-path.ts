/**
 * The browser's way of a file: the page's own image worker, in Chromium. What it cannot read as it should, the page sends to the
 * service as it is.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { localPath } from '../../common/environment.ts';
import { listenOnLoopback } from '../../common/loopback.ts';
import type { Scope } from '../../common/scope.ts';
import { buildPage } from '../../lambda/gateway/page/build.ts';
import { contentOf, type Row } from './manifest.ts';

const SCRIPT = 'image-worker.js';
/** Of the grey copy. */
const SIZE = 64;

/** Media types as a file picker gives them. */
const TYPES: Record<string, string> = {
  '.jpg': 'image/jpeg',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.tif': 'image/tiff',
};

/** The same a and b everywhere. */
const chroma = (a: number, b: number) =>
  sharp({
    create: { width: SIZE, height: SIZE, channels: 3, background: { r: 128 + a, g: 128 + b, b: 128 } },
  })
    .png()
    .toBuffer();

/** The result, or the code with which the page would send the original. */
export type BrowserOutcome = { result: Buffer } | { sends: string };

/** @returns colours a file with the page's image worker */
export async function startImageWorker(
  browser: Browser,
  scope: Scope,
): Promise<(row: Row) => Promise<BrowserOutcome>> {
  const folder = mkdtempSync(localPath('corpus-page-'));
  await scope.defer(() => rmSync(folder, { recursive: true, force: true }));
  await buildPage(folder);
  const script = readFileSync(join(folder, SCRIPT));
  const { url: base, close } = await listenOnLoopback(({ url }, response) => {
    const isScript = url === `/${SCRIPT}`;
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? script : CLIENT);
  });
  await scope.defer(close);
  const page = await browser.newPage();
  await scope.defer(() => page.close());
  await page.goto(base);
  // Faint, so that few pixels leave the gamut; none where it has no room.
  const [faint, none] = [await chroma(3, 8), await chroma(0, 0)];
  return (row) => throughBrowser(page, row, 'room' in row && !row.room ? none : faint);
}

/** In the page: `colour(type, file, chroma)`, in base64. A string, since loaders add calls of their own to functions. */
const CLIENT = `<!doctype html><title>corpus</title><script>
const worker = new Worker('/${SCRIPT}', { type: 'module' });
let last = 0;
const ask = (request) => new Promise((resolve) => {
  const id = ++last;
  worker.onmessage = ({ data }) => data.id === id && resolve(data);
  worker.postMessage({ ...request, id });
});
async function colour(type, file, chroma) {
  const [photo, colours] = await Promise.all([[type, file], ['image/png', chroma]].map(
    async ([kind, text]) => (await fetch('data:' + kind + ';base64,' + text)).blob()));
  const prepared = await ask({ kind: 'prepare', file: photo, size: ${SIZE} });
  if (prepared.code) return { sends: prepared.code };
  const merged = await ask({ kind: 'merge', file: photo, chroma: colours });
  if (merged.code) return { sends: merged.code };
  const bytes = new Uint8Array(await merged.value.result.arrayBuffer());
  return { result: btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')) };
}
</script>`;

async function throughBrowser(page: Page, row: Row, chroma: Buffer): Promise<BrowserOutcome> {
  const type = TYPES[extname(row.file)];
  if (type === undefined) return { sends: 'wrong-type' };
  const files = [contentOf(row), chroma].map((file) => file.toString('base64'));
  const args = [type, ...files].map((text) => JSON.stringify(text));
  const reply: { result: string } | { sends: string } = await page.evaluate(`colour(${args.join()})`);
  return 'result' in reply ? { result: Buffer.from(reply.result, 'base64') } : reply;
}
