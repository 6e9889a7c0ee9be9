/** One photo through the page in a real browser: what goes over the network, and when its card takes which step. */
import { readFile } from 'node:fs/promises';
import type { Browser, Page, Request } from 'playwright-core';

/** What bodies of requests and answers weigh. */
export interface Traffic {
  sent: number;
  received: number;
}

export interface Step {
  step: string;
  /** Since the file was chosen. */
  ms: number;
}

export interface PageUpload extends Traffic {
  /** From choosing to done. */
  seconds: number;
  /** Of these, the browser's own work on pixels: before sending and after fetching; 0 for a photo that is sent whole. */
  prepareSeconds: number;
  mergeSeconds: number;
  result: Buffer;
}

/** Where a photo's pixels are worked on. */
export type UploadMode = 'whole' | 'here';

const PATIENCE_MS = 240_000;

/** What the page's own window is asked to keep. */
interface Watched {
  chosenAt: number;
  steps: Step[];
}

/**
 * Notes in the page, by its own clock, when a file is chosen and each step that a card takes then. No function in it has a name:
 * names are kept by a helper that the page has not got.
 */
const watchSteps = (page: Page) =>
  page.evaluate(() => {
    const watched: Watched = { chosenAt: 0, steps: [] };
    (window as unknown as { watched: Watched }).watched = watched;
    document.addEventListener('change', () => (watched.chosenAt = performance.now()), { capture: true });
    new MutationObserver((records) => {
      for (const { target } of records) {
        const { step = '' } = (target as HTMLElement).dataset;
        if (watched.steps.at(-1)?.step !== step)
          watched.steps.push({ step, ms: performance.now() - watched.chosenAt });
      }
    }).observe(document.getElementById('cards')!, {
      subtree: true,
      attributes: true,
      attributeFilter: ['data-step'],
    });
  });

/** By the header where there is one: of a file that is sent the browser shows the length alone. */
async function trafficOf(request: Request): Promise<Traffic> {
  const headers = await request.allHeaders();
  const response = await request.response();
  const length = (await response?.allHeaders())?.['content-length'];
  const received = length === undefined ? (await request.sizes()).responseBodySize : Number(length);
  return { sent: Number(headers['content-length'] ?? 0), received };
}

/** Seconds from when a step began until the next one did. */
function secondsIn(step: string, steps: Step[]): number {
  const k = steps.findIndex((one) => one.step === step);
  const [began, next] = [steps[k], steps[k + 1]];
  return began && next ? (next.ms - began.ms) / 1000 : 0;
}

/**
 * @param url of the page
 * @param file path of the photo
 * @throws when the photo does not get its colours
 */
export async function uploadOnPage(
  browser: Browser,
  url: string,
  file: string,
  way: UploadMode,
): Promise<PageUpload> {
  const context = await browser.newContext({ locale: 'en-GB', acceptDownloads: true });
  try {
    const page = await context.newPage();
    await page.goto(url);
    await page.waitForSelector('html[data-ready]');
    if (!(await page.isChecked('#here'))) throw new Error('this browser keeps no photo on the device');
    if (way === 'whole') await page.click('.switch');
    await watchSteps(page);
    const traffic: Promise<Traffic>[] = [];
    page.on('requestfinished', (request) => {
      if (!request.url().startsWith('blob:')) traffic.push(trafficOf(request));
    });
    await page.setInputFiles('#files', file);
    const end = page.locator('.card[data-step=done], .card[data-step=failed]');
    await end.waitFor({ timeout: PATIENCE_MS });
    if ((await end.getAttribute('data-step')) === 'failed')
      throw new Error(`${file}: ${await page.locator('.state').textContent()}`);
    const { steps } = await page.evaluate(() => (window as unknown as { watched: Watched }).watched);
    const passed = await Promise.all(traffic);
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: /^Download: / }).click();
    return {
      sent: passed.reduce((sum, one) => sum + one.sent, 0),
      received: passed.reduce((sum, one) => sum + one.received, 0),
      seconds: steps.at(-1)!.ms / 1000,
      prepareSeconds: secondsIn('preparing', steps),
      mergeSeconds: secondsIn('merging', steps),
      result: await readFile(await (await download).path()),
    };
  } finally {
    await context.close();
  }
}
