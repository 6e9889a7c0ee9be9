/** The figures of cost in docs/cost.md and the READMEs are those of `ddcolor-elastic cost`. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { main } from '../../cli/commands.ts';
import { MEMORY_SHARE, WORKER_SHARE } from '../../contract/photo-costs.ts';
import { VCPU_SHARE } from '../../contract/throughput.ts';
import { read } from './pages.ts';

interface Cost {
  idle: { total: number };
  types: { type: string; thousandOnDemand: number; thousandSpot: number }[];
  cheapest: { type: string; thousandOnDemand: number };
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

  it('has the constants of the model', () => {
    const model = /^## The model of an instance\n([^]*?)^## /m.exec(read('docs/cost.md'))?.[1] ?? '';
    expect(model).toContain(`/ ${VCPU_SHARE} + GPU seconds`);
    expect(model).toContain(`a worker reaches ${WORKER_SHARE}`);
    expect(model).toContain(`${MEMORY_SHARE * 100} % of the bandwidth`);
  });
});

describe.each(['README.md', 'README.zh-CN.md'])('%s', (page) => {
  it('has the month at rest, and 1,000 large photos on the first type and on the cheapest', async () => {
    const { idle, types, cheapest } = JSON.parse(await said('--json', '--photo-megapixels', '24')) as Cost;
    const [first] = types;
    const section = /^## (?:Cost|费用)\n([^]*?)^## /m.exec(read(page))?.[1] ?? '';
    expect(section).toContain(idle.total.toFixed(2));
    for (const usd of [first!.thousandOnDemand, first!.thousandSpot, cheapest.thousandOnDemand]) {
      expect(section).toContain(usd.toFixed(3));
    }
    for (const { type } of [first!, cheapest]) expect(section).toContain(`\`${type}\``);
  });
});
