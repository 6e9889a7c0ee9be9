/** The dashboard in a browser: alone, and in the report, on a desk and on a phone. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { PANELS } from '../../contract/panels.ts';
import { Scope } from '../../common/scope.ts';
import { main } from '../../sim/main.ts';
import { startBrowser } from '../lambda/gateway/support/browser.ts';

const folder = mkdtempSync(join(tmpdir(), 'dashboard-'));
const scope = new Scope();
const path = (name: string) => join(folder, name);
const TITLES = PANELS.flat().map(({ title }) => title);

let browser: Browser;
beforeAll(async () => {
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const times = Array.from({ length: 300 }, (_, k) => (k < 80 ? 6 * k : 480 + 0.5 * (k - 80)));
  writeFileSync(path('burst.csv'), ['t', ...times, ''].join('\n'));
  const args = ['--trace', path('burst.csv'), '--with', 'max=8,horizon=1200', '--no-bound'];
  expect(
    await main([...args, '--world', 'real', '--set', 'p95WaitSeconds=30', '--dashboard', path('alone.html')]),
  ).toBe(0);
  expect(await main(['compare', ...args, '--report', path('report.html')])).toBe(0);
  browser = await startBrowser(scope);
});
afterAll(async () => {
  vi.restoreAllMocks();
  await scope.close();
  rmSync(folder, { recursive: true });
});

async function opened(name: string, width = 1280): Promise<{ page: Page; errors: string[] }> {
  const context = await browser.newContext({ viewport: { width, height: 900 } });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  await page.goto(`file://${path(name)}`);
  return { page, errors };
}

/** Panels that have neither a graph with something in it, nor figures, nor a word about why. */
const empty = (page: Page) =>
  page.$$eval('#dashboard article', (cards) =>
    cards
      .filter((card) => {
        const canvas = card.querySelector('canvas');
        if (!canvas) return !card.querySelector('.figures path, .hint');
        const { data } = (canvas.getContext('2d') as CanvasRenderingContext2D).getImageData(
          0,
          0,
          canvas.width,
          canvas.height,
        );
        return !data.some((value) => value > 0);
      })
      .map((card) => card.querySelector('h3')?.textContent),
  );

const titles = (page: Page) => page.$$eval('#dashboard h3', (all) => all.map((one) => one.textContent));

describe.each([
  ['alone.html', 1280],
  ['alone.html', 360],
  ['report.html', 1280],
  ['report.html', 360],
])('%s, %d wide', (name, width) => {
  it('draws every panel within the width', async () => {
    const { page, errors } = await opened(name, width);
    expect(await titles(page)).toEqual(TITLES);
    expect(await empty(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    expect(errors).toEqual([]);
  });
});

it('has the target of the percentile as a line, and none where there is none', async () => {
  const asked = async (name: string) => {
    const { page } = await opened(name);
    return page.$$eval('#dashboard .legend li', (all) =>
      all.map((one) => one.textContent).filter((text) => text?.includes('target')),
    );
  };
  expect(await asked('alone.html')).toEqual(['p95 target30 s']);
  expect(await asked('report.html')).toEqual([]);
});

it('shows the selected policy', async () => {
  const { page, errors } = await opened('report.html');
  const decisions = page.locator('#dashboard article', { hasText: 'Decisions by reason' });
  expect(await decisions.textContent()).toContain('Not simulated: over-budget, paused, metrics-unavailable.');
  await page.getByRole('button', { name: 'keda' }).click();
  expect(await titles(page)).toEqual(TITLES);
  expect(await decisions.textContent()).toContain('Not published under keda: scale-out, ');
  expect(errors).toEqual([]);
});

it('shows the values at the cursor in all panels', async () => {
  const { page } = await opened('alone.html');
  const when = page.locator('#dashboard-when');
  const coloured = page.locator('.figures b').first();
  expect(await when.textContent()).toMatch(/^latest, 00:\d\d:00$/);
  const before = await coloured.textContent();
  const plot = page.locator('#dashboard .u-over').last();
  await plot.hover({ position: { x: 200, y: 50 } });
  await vi.waitFor(async () => expect(await when.textContent()).toMatch(/^00:\d\d:00$/));
  expect(await coloured.textContent()).not.toBe(before);
});

it('has the same bytes for the same seed', async () => {
  const args = ['--trace', path('burst.csv'), '--with', 'max=8,horizon=1200', '--no-bound'];
  expect(
    await main([...args, '--world', 'real', '--set', 'p95WaitSeconds=30', '--dashboard', path('again.html')]),
  ).toBe(0);
  expect(readFileSync(path('again.html'), 'utf8')).toBe(readFileSync(path('alone.html'), 'utf8'));
});
