/**
 * The page and many clients through the deployed gateway of the whole local stack, with a fleet that scales. With `FULL` set:
 * it waits for the scaler's schedule, which fires once a minute.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Browser } from 'playwright-core';
import { Scope } from '../../../common/scope.ts';
import { ensureVenv } from '../../../local/aws/venv.ts';
import { startStack } from '../../../local/run/stack.ts';
import { figuresOf, problemsOf } from '../../../tools/bench/clients-report.ts';
import { runClients } from '../../../tools/bench/clients.ts';
import { photo } from '../../../tools/bench/photos.ts';
import { downloadZip, expectColoured, expectSameColours, makeAlbum } from './support/album.ts';
import {
  bytesSent,
  chooseFiles,
  expectSteps,
  startBrowser,
  visit,
  type UploadFile,
} from './support/browser.ts';

const COUNT = 20;
const CLIENTS = 40;
const PATIENCE_MS = 240_000;
const KEEP_ORIGINAL = '.switch';
const abort = new AbortController().signal;
const all = (step: string) => Array<string>(COUNT).fill(step);

describe('with a fleet', () => {
  const scope = new Scope();
  let url: string;
  let browser: Browser;
  let album: UploadFile[];
  const serverResults = new Map<string, Buffer>();

  beforeAll(async () => {
    const python = await ensureVenv(abort, console.log);
    const made = makeAlbum(COUNT, 0.6);
    const stack = await startStack({
      stage: 'local',
      comfyui: undefined,
      python,
      abort,
      scope,
      say: () => undefined,
      onWorkerLine: () => undefined,
      standInSeconds: 0.2,
    });
    url = stack.apiUrl ?? '';
    browser = await startBrowser(scope);
    album = await made;
  }, 240_000);
  afterAll(() => scope.close());

  it('the page colours 20 uploaded photos', async () => {
    const { page, errors } = await visit(browser, url);
    await page.click(KEEP_ORIGINAL);
    await chooseFiles(page, album);
    await expectSteps(page, all('succeeded'), PATIENCE_MS);
    for (const [name, body] of await downloadZip(page)) serverResults.set(name, body);
    for (const one of album) await expectColoured(one, serverResults.get(one.name)!);
    expect(errors).toEqual([]);
    await page.context().close();
  }, 300_000);

  it('the page colours 20 originals that stay on the device, as the service does', async () => {
    const { page, errors } = await visit(browser, url);
    await chooseFiles(page, album);
    await expectSteps(page, all('succeeded'), PATIENCE_MS);
    const results = await downloadZip(page);
    for (const one of album) {
      const result = results.get(one.name)!;
      await expectColoured(one, result);
      await expectSameColours(one.name, result, serverResults.get(one.name)!);
    }
    expect(errors).toEqual([]);
    await page.context().close();
  }, 300_000);

  it('the page sends 20 times fewer bytes of a 12-megapixel JPEG that stays on the device', async () => {
    const { page, requests } = await visit(browser, url);
    const buffer = await photo(0, 12);
    await chooseFiles(page, [{ name: 'scan.jpg', mimeType: 'image/jpeg', buffer }]);
    await expectSteps(page, ['succeeded'], PATIENCE_MS);
    const sent = (await bytesSent(requests)).reduce((sum, bytes) => sum + bytes, 0);
    expect(buffer.length / sent).toBeGreaterThanOrEqual(20);
    await page.context().close();
  }, 300_000);

  it('40 clients at once all get their result, without a 5xx', async () => {
    const run = await runClients(url, { clients: CLIENTS, rampSeconds: 0.5, patienceSeconds: 240, abort });
    expect(problemsOf(run)).toEqual([]);
    const { outcomes, kinds } = figuresOf(run);
    expect(outcomes).toEqual({ succeeded: CLIENTS, failed: 0, lost: 0, error: 0 });
    const { create, put, status, download } = kinds;
    for (const { answers } of [create, put, download]) expect(answers['2xx']).toBe(CLIENTS);
    expect(status.answers['2xx']).toBeGreaterThanOrEqual(CLIENTS);
    for (const { answers } of Object.values(kinds)) expect([answers['5xx'], answers.none]).toEqual([0, 0]);
  }, 300_000);
});
