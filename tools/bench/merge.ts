/**
 * `npm run bench -- merge`: the merge in a browser, by the kernels and by the reference, with the page's security policy and with one
 * that forbids WebAssembly.
 */
import { join } from 'node:path';
import { build } from 'esbuild';
import { chromium, type Browser } from 'playwright-core';
import { command } from '../../common/command.ts';
import { listenOnLoopback, type LoopbackServer } from '../../common/loopback.ts';
import { browserOptions, ensureBrowser } from '../browser/ensure.ts';
import type { MergeTimes } from './merge-thread.ts';
import { tableLines } from './table.ts';

/** How much faster the kernels have to be. */
const LEAST_RATIO = 4;
const POLICIES: [name: string, scripts: string][] = [
  ["the page's", "'self' 'wasm-unsafe-eval'"],
  ['without WebAssembly', "'self'"],
];

async function bundled(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, 'merge-thread.ts')],
    bundle: true,
    minify: true,
    platform: 'browser',
    format: 'esm',
    write: false,
  });
  return outputFiles[0]!.text;
}

/** A site with the thread's script and an empty page, under a policy. */
const serve = (script: string, scripts: string): Promise<LoopbackServer> =>
  listenOnLoopback((request, response) => {
    response.setHeader(
      'content-security-policy',
      `default-src 'none'; script-src ${scripts}; worker-src 'self'`,
    );
    const isScript = request.url === '/thread.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? script : '<!doctype html><title>merge</title>');
  });

async function timesIn(browser: Browser, url: string): Promise<MergeTimes> {
  const page = await browser.newPage();
  await page.goto(url);
  const times = await page.evaluate(
    () =>
      new Promise<unknown>((resolve, reject) => {
        const thread = new Worker('/thread.js', { type: 'module' });
        thread.onmessage = ({ data }) => resolve(data);
        thread.onerror = ({ message }) => reject(new Error(message));
      }),
  );
  await page.close();
  return times as MergeTimes;
}

export const bench = (): Promise<number> =>
  command('npm run bench -- merge', async ({ abort, scope, progress }) => {
    const say = (line: string) => progress.print(line);
    const found = await ensureBrowser(abort, say);
    const script = await bundled();
    const browser = await chromium.launch(browserOptions(found));
    await scope.defer(() => browser.close());
    const rows: string[][] = [];
    const misses: string[] = [];
    for (const [name, scripts] of POLICIES) {
      const { url, close } = await serve(script, scripts);
      await scope.defer(close);
      const { simd, product, scalar, apart } = await timesIn(browser, url);
      const ratio = scalar / product;
      const cells = [product, scalar].map((ms) => ms.toFixed(0));
      rows.push([name, simd ? 'yes' : 'no', ...cells, ratio.toFixed(1), String(apart)]);
      const isAllowed = scripts.includes('wasm');
      if (simd !== isAllowed) misses.push(`kernels under the policy ${scripts}: ${simd}`);
      if (isAllowed && ratio < LEAST_RATIO)
        misses.push(`${ratio.toFixed(1)} times as fast as the reference, expected ${LEAST_RATIO}`);
      if (apart > 1) misses.push(`${apart} levels apart, expected at most 1`);
    }
    say(`Lightness and merge of 12 megapixels in Chromium ${browser.version()}, ms:`);
    for (const line of tableLines(
      ['policy', 'kernels', 'product', 'reference', 'ratio', 'levels apart'],
      rows,
    ))
      say(line);
    for (const miss of misses) say(`missed: ${miss}`);
    return misses.length === 0 ? 0 : 1;
  });
