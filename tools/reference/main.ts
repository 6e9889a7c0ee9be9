/** Writes the tables of the reference pages and of what photos cost: `node tools/run.mjs reference`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withTables } from './tables.ts';
import { printLine } from '../../common/terminal.ts';

/** Pages with tables that are made from declarations. */
export const REFERENCE_PAGES = ['docs/configure.md', 'docs/constructs.md'];
/** Pages with tables that follow from contract/photo-costs.ts and contract/prices.ts. */
export const COST_PAGES = ['README.md', 'README.zh-CN.md', 'docs/cost.md'];

const ROOT = join(import.meta.dirname, '..', '..');

export function main(): number {
  for (const page of [...REFERENCE_PAGES, ...COST_PAGES]) {
    const file = join(ROOT, page);
    const before = readFileSync(file, 'utf8');
    const after = withTables(ROOT, page, before);
    if (after !== before) writeFileSync(file, after);
    printLine(`${page}: ${after === before ? 'unchanged' : 'written'}`);
  }
  return 0;
}
