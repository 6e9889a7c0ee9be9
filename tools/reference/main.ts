/** Writes the tables of the reference pages and of what photos cost: `node tools/run.mjs reference`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { outcomeEventJsonSchema } from '../../contract/outcome-event.ts';
import { withTables } from './tables.ts';
import { printLine } from '../../common/terminal.ts';

/** Pages with tables that are made from declarations. */
export const REFERENCE_PAGES = ['docs/configure.md', 'docs/constructs.md'];
/** Pages with tables that follow from contract/photo-costs.ts and contract/prices.ts. */
export const COST_PAGES = ['README.md', 'README.zh-CN.md', 'docs/cost.md'];

/** JSON Schemas that are made from those that check. */
export const JSON_SCHEMAS: Readonly<Record<string, () => object>> = {
  'docs/outcome-event.schema.json': outcomeEventJsonSchema,
};

export const jsonText = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;

const ROOT = join(import.meta.dirname, '..', '..');

export function main(): number {
  for (const page of [...REFERENCE_PAGES, ...COST_PAGES]) {
    const file = join(ROOT, page);
    const before = readFileSync(file, 'utf8');
    const after = withTables(ROOT, page, before);
    if (after !== before) writeFileSync(file, after);
    printLine(`${page}: ${after === before ? 'unchanged' : 'written'}`);
  }
  for (const [file, schema] of Object.entries(JSON_SCHEMAS)) {
    writeFileSync(join(ROOT, file), jsonText(schema()));
    printLine(`${file}: written`);
  }
  return 0;
}
