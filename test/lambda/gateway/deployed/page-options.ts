/** Options of the workflow on the page of an open stage, in a real browser. */
import { expect, it } from 'vitest';
import { downloadZip, uprightPixels } from '../support/album.ts';
import {
  accessibilityViolations,
  chooseFiles,
  expectSteps,
  screenshot,
  uploads,
  visit,
  type UploadFile,
} from '../support/browser.ts';
import type { ColouringWorker } from '../support/colouring-worker.ts';
import { deployed } from '../support/deployed.ts';

/** @param given the worker that colours, and a photo */
export function pageOptionTests(given: () => { worker: ColouringWorker; photo: UploadFile }): void {
  it('offers the options of the workflow, keeps them for the tab, and shows looks without the photo', async () => {
    const { worker, photo } = given();
    const visited = await visit(deployed.browser, deployed.open.url);
    const { page, errors } = visited;
    const strengthOf = (value: string) => page.locator('.looks input[type=range]').fill(value);
    await page.getByText('Buildings').click();
    await strengthOf('60');
    await page.reload();
    await page.waitForSelector('html[data-ready]');
    expect(await page.getByLabel('Buildings').isChecked()).toBe(true);
    expect(await page.textContent('.looks output')).toBe('60 %');
    expect(await accessibilityViolations(page)).toEqual([]);
    await screenshot(page, 'looks');
    const before = worker.coloured.length;
    await chooseFiles(page, [photo]);
    await expectSteps(page, ['succeeded']);
    expect(await page.textContent('.state')).toContain('Buildings');
    // The browser merges the colours, and their strength.
    expect(worker.coloured.slice(before)).toMatchObject([{ preset: 'buildings', width: '1024' }]);
    expect(worker.coloured[before]).not.toHaveProperty('strength');
    const colourOf = async () => {
      const { data } = await uprightPixels((await downloadZip(page)).get('0.jpg')!);
      let sum = 0;
      for (let p = 0; p < data.length; p += 3) sum += Math.abs(data[p + 1]! - data[p + 2]!);
      return (3 * sum) / data.length;
    };
    const some = await colourOf();
    const moveTo = async (value: string) => {
      const old = await page.getAttribute('img.after', 'src');
      await page.locator('.strength input').fill(value);
      await page.waitForFunction(
        (src) => document.querySelector('img.after')!.getAttribute('src') !== src,
        old,
      );
    };
    await moveTo('0');
    await expect.poll(colourOf).toBeLessThan(2);
    await moveTo('100');
    await expect.poll(colourOf).toBeGreaterThan(1.3 * some);
    await page.getByRole('button', { name: 'Compare looks: 0.jpg' }).click();
    await expectSteps(page, ['succeeded', 'succeeded']);
    const captions = () => page.$$eval('#versions figcaption', (all) => all.map((one) => one.textContent));
    expect(await captions()).toEqual(['Before', 'Buildings', 'People']);
    await page.waitForFunction(() => document.querySelectorAll('#versions img').length === 3);
    expect(await accessibilityViolations(page)).toEqual([]);
    await screenshot(page, 'versions');
    await page.click('#versions-close');
    // Two small copies went out, and nothing for a strength.
    expect(worker.coloured.slice(before).map(({ width }) => width)).toEqual(['1024', '512']);
    expect((await uploads(visited)).length).toBe(2);
    expect(Math.max(...(await uploads(visited)))).toBeLessThan(400_000);
    // Where the service colours the whole photo, it adds the strength.
    await page.click('.switch');
    await strengthOf('30');
    await chooseFiles(page, [photo]);
    await expectSteps(page, ['succeeded', 'succeeded', 'succeeded']);
    expect(worker.coloured.at(-1)).toMatchObject({ preset: 'buildings', strength: '30', output: 'photo' });
    expect(errors).toEqual([]);
    await page.context().close();
  }, 120_000);
}
