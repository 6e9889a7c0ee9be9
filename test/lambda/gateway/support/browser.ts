/** A page of the gateway in a real browser, and everything that it asked anybody for. */
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { browserOptions, ensureBrowser } from '../../../../tools/browser/ensure.ts';
import type { Scope } from '../../../../common/scope.ts';

export async function startBrowser(scope: Scope): Promise<Browser> {
  const found = await ensureBrowser(new AbortController().signal, console.log);
  const browser = await chromium.launch(browserOptions(found));
  await scope.defer(() => browser.close());
  return browser;
}

export interface Asked {
  method: string;
  url: string;
  /** Of its body. */
  bytes: number;
}

export interface Visit {
  page: Page;
  asked: Asked[];
  /** What the browser complained of: scripts that failed, and what the page's own policy forbids. */
  complaints: string[];
}

/** Opens the page and waits until it is ready. */
export async function visit(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Visit> {
  const context = await browser.newContext({ locale: 'en-GB', acceptDownloads: true, ...options });
  const page = await context.newPage();
  const asked: Asked[] = [];
  const complaints: string[] = [];
  page.on('requestfinished', (request) => {
    if (request.url().startsWith('blob:')) return;
    const one: Asked = { method: request.method(), url: request.url(), bytes: 0 };
    asked.push(one);
    // Of a file that is sent the browser shows the length alone.
    void request
      .allHeaders()
      .then((headers) => (one.bytes = Number(headers['content-length'] ?? 0)))
      .catch(() => undefined);
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  await page.goto(url);
  await page.waitForSelector('html[data-ready]');
  return { page, asked, complaints };
}

export interface Upload {
  name: string;
  mimeType: string;
  buffer: Buffer;
}

/** What each card is at, in order. */
export const steps = (page: Page): Promise<string[]> =>
  page.$$eval('.card', (cards) => cards.map((card) => (card as HTMLElement).dataset.step ?? ''));

/** Waits until every card has come to its end. */
export async function settled(page: Page, timeout: number): Promise<string[]> {
  await page.waitForFunction(
    () =>
      [...document.querySelectorAll<HTMLElement>('.card')].every(({ dataset }) =>
        ['succeeded', 'failed'].includes(dataset.step ?? ''),
      ),
    undefined,
    { timeout },
  );
  return steps(page);
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Serious findings of axe-core about the page as it is now, each with where. */
export async function findings(page: Page): Promise<string[]> {
  // Through the debugger, since the page's own policy lets no other script in.
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const { axe } = window as unknown as {
      axe: { run(): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }> };
    };
    const { violations } = await axe.run();
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
  });
}
