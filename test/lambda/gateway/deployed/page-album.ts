/** The page of an open stage in a real browser: an album of more than 50 photos is offered the bulk lane. */
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { MOST_UNASKED } from '../../../../lambda/gateway/page/choose-lane.ts';
import { accessibilityViolations, chooseFiles, visit } from '../support/browser.ts';
import { deployed } from '../support/deployed.ts';

/** Lanes of the photos that the page creates; all but the first are refused, which is quick. */
async function recordLanes(page: Page): Promise<string[]> {
  const lanes: string[] = [];
  await page.route('**/photos', (route) => {
    lanes.push((route.request().postDataJSON() as { lane: string }).lane);
    return lanes.length === 1
      ? route.continue()
      : route.fulfill({ status: 403, json: { message: 'Forbidden' } });
  });
  return lanes;
}

const cards = (page: Page, count: number) =>
  page.waitForFunction((expected) => document.querySelectorAll('.card').length === expected, count);

export function pageAlbumTests(): void {
  it('offers the bulk lane for more than 50 photos at once, by keyboard, with what is promised', async () => {
    const { page, errors } = await visit(deployed.browser, deployed.open.url);
    const buffer = await sharp({ create: { width: 16, height: 12, channels: 3, background: '#777' } })
      .jpeg()
      .toBuffer();
    const album = Array.from({ length: MOST_UNASKED + 1 }, (_, k) => ({
      name: `${k}.jpg`,
      mimeType: 'image/jpeg',
      buffer,
    }));
    const lanes = await recordLanes(page);
    await page.click('.switch');
    const dialog = page.getByRole('alertdialog');
    const focused = () => page.evaluate(() => document.activeElement?.id);

    await page.focus('#choose');
    await chooseFiles(page, album);
    expect(await dialog.getAttribute('aria-labelledby')).toBe('lane-title');
    expect(await page.textContent('#lane-title')).toBe('51 photos at once');
    expect(await page.textContent('#lane-text')).toContain('coloured within 1 hour of their upload');
    expect(await accessibilityViolations(page)).toEqual([]);
    expect(await focused()).toBe('lane-bulk');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    expect([await focused(), await page.locator('.card').count()]).toEqual(['choose', 0]);

    await page.selectOption('#language', 'zh-CN');
    await chooseFiles(page, album);
    expect(await page.textContent('#lane-title')).toBe('一次 51 张照片');
    expect(await page.textContent('#lane-text')).toContain('上传后 1小时内完成上色');
    await page.click('#lane-cancel');
    await page.selectOption('#language', 'en');
    expect(await page.locator('.card').count()).toBe(0);

    await chooseFiles(page, album);
    await page.keyboard.press('Enter');
    await cards(page, album.length);
    expect(await page.textContent('#live')).toMatch(/^(51 photos added\.|.* failed: )/);
    await page.waitForFunction(() =>
      /^Waiting · within 60 min$/.test(document.querySelector('.state')?.textContent ?? ''),
    );
    await page.waitForFunction(() => document.querySelectorAll('.card.failed').length === 50);
    expect(new Set(lanes)).toEqual(new Set(['bulk']));

    // As many as are not asked for.
    lanes.splice(1);
    await chooseFiles(page, album.slice(1));
    await cards(page, album.length + MOST_UNASKED);
    expect(await dialog.count()).toBe(0);
    await page.waitForSelector('.card.failed:last-child');
    expect(new Set(lanes.slice(1))).toEqual(new Set(['interactive']));
    expect(errors.filter((one) => !one.includes('403'))).toEqual([]);
    await page.context().close();
  }, 120_000);
}
