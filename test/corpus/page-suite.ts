/** The corpus through the page's image worker, in a real browser: as the worker colours it, or sent as it is. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Scope } from '../../common/scope.ts';
import { startImageWorker, type BrowserOutcome } from '../../tools/corpus/browser-path.ts';
import { manifest, type Row } from '../../tools/corpus/manifest.ts';
import { compared } from '../../tools/corpus/measure.ts';

/** Those that a file picker gives to the page, whose content is of the type of its name. */
const picked = manifest().filter(({ file }) => !file.startsWith('others/'));

/** @param sample a tenth of it @param leastColoured less would be a page that sends what it can colour */
export function pageTests(browserOf: () => Browser, sample: boolean, leastColoured: number): void {
  const scope = new Scope();
  let colour: (row: Row) => Promise<BrowserOutcome>;
  let coloured = 0;

  beforeAll(async () => {
    colour = await startImageWorker(browserOf(), scope);
  });
  afterAll(() => scope.close());

  it.each(picked.filter((row) => row.sample || !sample))('$file: $what', async (row) => {
    const outcome = await colour(row);
    if ('sends' in outcome) return;
    coloured++;
    // A canvas has 8 bits.
    const expected = row.outcome === 'succeeded' ? { ...row, bits: 8 as const } : row;
    expect((await compared(expected, outcome)).faults).toEqual([]);
  });

  it('most photos that browsers read are coloured there', () => {
    expect(coloured).toBeGreaterThanOrEqual(leastColoured);
  });
}
