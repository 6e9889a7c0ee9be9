/** The figures of cost in docs/cost.md and the READMEs are those of `ddcolor-elastic cost`. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { main } from '../../cli/commands.ts';
import { read } from './pages.ts';

interface Cost {
  idle: { total: number };
  types: { type: string; thousandOnDemand: number; thousandSpot: number }[];
}

async function said(...args: string[]): Promise<string> {
  const lines: string[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => Boolean(lines.push(String(text).trimEnd())));
  expect(await main(['cost', '--stage', 'prod', ...args])).toBe(0);
  vi.restoreAllMocks();
  return lines.join('\n').trim();
}
afterEach(() => void vi.restoreAllMocks());

describe('docs/cost.md', () => {
  it('has the output of `cost --markdown`', async () => {
    expect(read('docs/cost.md')).toContain(await said('--markdown'));
  });
});

describe.each(['README.md', 'README.zh-CN.md'])('%s', (page) => {
  it('has the month at rest and the thousand photos of the first instance type', async () => {
    const { idle, types } = JSON.parse(await said('--json')) as Cost;
    const [first] = types;
    const section = /^## (?:Cost|费用)\n([^]*?)^## /m.exec(read(page))?.[1] ?? '';
    for (const usd of [idle.total, first!.thousandOnDemand, first!.thousandSpot]) {
      expect(section).toContain(usd.toFixed(2));
    }
    expect(section).toContain(`\`${first!.type}\``);
  });
});
