/** The README's tables of cost are what `cost --json` says of the stage that they are of. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { main } from '../../cli/commands.ts';
import { read } from './pages.ts';

interface Cost {
  idle: { lines: { what: string; usd: number }[]; total: number };
  types: {
    type: string;
    onDemandHour: number;
    spotHour: number;
    thousandOnDemand: number;
    thousandSpot: number;
    dayAtMaximum: number;
  }[];
}

async function said(...args: string[]): Promise<string> {
  const lines: string[] = [];
  vi.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(line));
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => Boolean(lines.push(String(text).trimEnd())));
  expect(await main(['cost', '--stage', 'prod', ...args])).toBe(0);
  vi.restoreAllMocks();
  return lines.join('\n').trim();
}
afterEach(() => void vi.restoreAllMocks());

/** Cells of the rows of the section on cost, without what marks them up. */
const rows = (page: string) => {
  const section = /^## (Cost|费用)\n([^]*?)^## /m.exec(read(page))?.[2] ?? '';
  return [...section.matchAll(/^\| (.*) \|$/gm)].map(([, row = '']) =>
    row.split(' | ').map((cell) => cell.replaceAll(/[`*]/g, '').trim()),
  );
};

describe.each(['README.md', 'README.zh-CN.md'])('the cost in %s', (page) => {
  it('is all that `cost --markdown` says', async () => {
    expect(read(page)).toContain(await said('--markdown'));
  });

  it('has the lines at rest of `cost --json`', async () => {
    const { idle } = JSON.parse(await said('--json')) as Cost;
    const expected = [
      ...idle.lines.map(({ what, usd }) => [what, usd.toFixed(2)]),
      ['together', idle.total.toFixed(2)],
    ];
    const found = rows(page).map(([what = '', usd = '']) => [what, usd]);
    expect(found.filter(([what]) => expected.some(([wanted]) => wanted === what))).toEqual(expected);
  });

  it('has the figures at work of `cost --json`', async () => {
    const { types } = JSON.parse(await said('--json')) as Cost;
    for (const one of types) {
      const row = rows(page).find(([type]) => type === one.type) ?? [];
      expect(row.slice(1).map(Number)).toEqual([
        one.onDemandHour,
        one.spotHour,
        one.thousandOnDemand,
        one.thousandSpot,
        one.dayAtMaximum,
      ]);
    }
    expect(types.length).toBeGreaterThan(0);
  });
});
