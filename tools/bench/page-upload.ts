/** Uploads one photo on the page in a real browser, and records its traffic and the times of its card's steps. */
import { readFile } from 'node:fs/promises';
import type { Browser, Page, Request } from 'playwright-core';
import type { Step } from '../../lambda/gateway/page/photo-task.ts';

/** Bytes of request and response bodies. */
export interface Traffic {
  sent: number;
  received: number;
}

interface StartedStep {
  step: string;
  /** Milliseconds since the file was chosen. */
  ms: number;
}

export interface PageUpload extends Traffic {
  /** From choosing the file to the result. */
  seconds: number;
  /** Image processing in the browser, before the upload and after the download; 0 for a photo that is uploaded whole. */
  prepareSeconds: number;
  mergeSeconds: number;
  result: Buffer;
}

/** `whole` uploads the photo, `here` keeps it on the device and uploads a grey copy. */
export type UploadMode = 'whole' | 'here';

const PATIENCE_MS = 240_000;
/** Of a card whose photo has its result, or has none. */
const ENDED = (['succeeded', 'failed'] satisfies Step[]).map((step) => `.card[data-step=${step}]`).join();

/** Recorded in the page's window. */
interface Watched {
  chosenAt: number;
  steps: StartedStep[];
}

/**
 * Records in the page when a file is chosen and each step of its card. The functions in it are anonymous: esbuild keeps names by
 * a helper that does not exist in the page.
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

/** Sizes by the content-length header where there is one: for an uploaded file the browser reports nothing else. */
async function trafficOf(request: Request): Promise<Traffic> {
  const headers = await request.allHeaders();
  const response = await request.response();
  const length = (await response?.allHeaders())?.['content-length'];
  const measured = async () => (request.failure() ? 0 : (await request.sizes()).responseBodySize);
  const received = length === undefined ? await measured() : Number(length);
  return { sent: Number(headers['content-length'] ?? 0), received };
}

/** Seconds from the start of a step to the start of the next one. */
function secondsIn(step: Step, steps: StartedStep[]): number {
  const k = steps.findIndex((one) => one.step === step);
  const [began, next] = [steps[k], steps[k + 1]];
  return began && next ? (next.ms - began.ms) / 1000 : 0;
}

/**
 * @param url of the page
 * @param file path of the photo
 * @throws when the photo fails
 */
export async function uploadOnPage(
  browser: Browser,
  url: string,
  file: string,
  mode: UploadMode,
): Promise<PageUpload> {
  const context = await browser.newContext({ locale: 'en-GB', acceptDownloads: true });
  try {
    const page = await context.newPage();
    await page.goto(url);
    await page.waitForSelector('html[data-ready]');
    if (!(await page.isChecked('#keep-original')))
      throw new Error('this browser keeps no photo on the device');
    if (mode === 'whole') await page.click('.switch');
    await watchSteps(page);
    const traffic: Promise<Traffic>[] = [];
    const underWay = new Set<Request>();
    page.on('request', (request) => underWay.add(request));
    const ended = (request: Request) => {
      underWay.delete(request);
      if (!request.url().startsWith('blob:')) traffic.push(trafficOf(request));
    };
    page.on('requestfinished', ended);
    // The page may end a request whose body it has read, which then counts as failed.
    page.on('requestfailed', ended);
    await page.setInputFiles('#files', file);
    const end = page.locator(ENDED);
    await end.waitFor({ timeout: PATIENCE_MS });
    if ((await end.getAttribute('data-step')) === 'failed')
      throw new Error(`${file}: ${await page.locator('.state').textContent()}`);
    const { steps } = await page.evaluate(() => (window as unknown as { watched: Watched }).watched);
    // The page has a body before the browser says that its request has ended.
    while (underWay.size > 0) await page.waitForTimeout(20);
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
