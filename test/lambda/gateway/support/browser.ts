/** The page in a real browser, with its requests and errors recorded. */
import { localPath } from '../../../../common/environment.ts';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium, type Browser, type BrowserContextOptions, type Page, type Request } from 'playwright-core';
import type { Scope } from '../../../../common/scope.ts';
import { browserOptions, ensureBrowser } from '../../../../tools/browser/ensure.ts';

/** For a condition that a loaded machine reaches late. */
export const PATIENCE_MS = 60_000;
/** A look at each frame, Playwright's default, has the page render all the time. */
const POLL_MS = 50;

export async function startBrowser(scope: Scope): Promise<Browser> {
  const found = await ensureBrowser(new AbortController().signal, console.log);
  const browser = await chromium.launch(browserOptions(found));
  await scope.defer(() => browser.close());
  return browser;
}

export interface Visit {
  page: Page;
  /** Answered requests, without blobs. */
  requests: Request[];
  /** Script errors, console errors and violations of the page's security policy. */
  errors: string[];
}

/** Opens the page in a context of its own and waits until it is ready. */
export async function visit(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Visit> {
  const context = await browser.newContext({ locale: 'en-GB', acceptDownloads: true, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const requests: Request[] = [];
  const errors: string[] = [];
  // Not `requestfinished`: Chrome may report a body that the page has read as a stream, to its end, as aborted.
  page.on('response', (response) => {
    if (!response.url().startsWith('blob:')) requests.push(response.request());
  });
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  await page.goto(url);
  await page.waitForSelector('html[data-ready]');
  return { page, requests, errors };
}

/** Body sizes in bytes: for a file the browser shows only the content length. */
export const bytesSent = (requests: Request[]): Promise<number[]> =>
  Promise.all(requests.map(async (one) => Number((await one.allHeaders())['content-length'] ?? 0)));

export interface UploadFile {
  name: string;
  mimeType: string;
  buffer: Buffer;
}

export const chooseFiles = (page: Page, files: UploadFile[]) => page.setInputFiles('#files', files);

/** Drops or pastes a JPEG onto the page. */
export const dropOrPaste = (page: Page, kind: 'drop' | 'paste', jpeg: Buffer) =>
  page.evaluate(
    ({ bytes, kind }) => {
      const data = new DataTransfer();
      data.items.add(new File([new Uint8Array(bytes)], `${kind}.jpg`, { type: 'image/jpeg' }));
      window.dispatchEvent(
        kind === 'drop'
          ? new DragEvent('drop', { dataTransfer: data, cancelable: true })
          : new ClipboardEvent('paste', { clipboardData: data }),
      );
    },
    { bytes: [...jpeg], kind },
  );

/** Texts of the visible buttons. */
export const visibleButtons = (page: Page) =>
  page.$$eval('button', (all) =>
    all.filter((one) => one.checkVisibility()).map(({ textContent }) => textContent),
  );

/** Waits until the cards are at these steps, in order. */
export async function expectSteps(page: Page, steps: string[], timeout = PATIENCE_MS): Promise<void> {
  await page.waitForFunction(
    (expected) =>
      [...document.querySelectorAll<HTMLElement>('.card')].map(({ dataset }) => dataset.step).join() ===
      expected,
    steps.join(),
    { timeout, polling: POLL_MS },
  );
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Serious accessibility violations that axe-core finds in the current state of the page. */
export async function accessibilityViolations(page: Page): Promise<string[]> {
  // Evaluated by the debugger: the page's security policy allows no other script.
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

/** Bytes of each file that was sent. */
export const uploads = ({ requests }: Visit) => bytesSent(requests.filter((one) => one.method() === 'PUT'));
/** To look at: in the long form. */
export const screenshot = (page: Page, name: string) =>
  process.env.FULL ? page.screenshot({ path: localPath('page', `${name}.png`) }) : undefined;
