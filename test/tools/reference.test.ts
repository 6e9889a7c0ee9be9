/** The tables of the reference pages equal the declarations, and a self-contradictory declaration fails. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SLO_FIELDS, THRESHOLD_FIELDS } from '../../contract/policy.ts';
import { declarationsOf } from '../../tools/reference/declarations.ts';
import { COST_PAGES, JSON_SCHEMAS, jsonText, REFERENCE_PAGES } from '../../tools/reference/main.ts';
import { withTables, wrongDefault } from '../../tools/reference/tables.ts';

const ROOT = resolve(import.meta.dirname, '..', '..');
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');

describe('a reference page', () => {
  it.each([...REFERENCE_PAGES, ...COST_PAGES])(
    '%s has the tables of the declarations and of what photos cost',
    (page) => {
      const text = read(page);
      expect(
        text === withTables(ROOT, page, text),
        `${page} is out of date: run node tools/run.mjs reference`,
      ).toBe(true);
    },
  );

  it('has a table for the stage, each policy and each exported construct', () => {
    const tables = REFERENCE_PAGES.flatMap((page) =>
      [...read(page).matchAll(/<!-- table: (\w+) -->/g)].map(([, name]) => name),
    );
    const props = [...read('lib/index.ts').matchAll(/\b\w+Props\b/g)].map(([name]) => name);
    expect(tables.sort()).toEqual(['stage', 'slo', 'threshold', ...props].sort());
  });

  it.each(COST_PAGES)('%s has each table of what photos cost once', (page) => {
    const tables = [...read(page).matchAll(/<!-- table: (\w+) -->/g)].map(([, name]) => name);
    const wanted = {
      'README.md': ['headline', 'photos'],
      'README.zh-CN.md': ['headlineChinese', 'photosChinese'],
      'docs/cost.md': ['cost', 'gpus', 'instances'],
    };
    expect(tables).toEqual(wanted[page as keyof typeof wanted]);
  });

  it.each(Object.entries(JSON_SCHEMAS))('%s is the schema that checks', (file, schema) =>
    expect(
      read(file) === jsonText(schema()),
      `${file} is out of date: run node tools/run.mjs reference`,
    ).toBe(true),
  );

  it('fails for a table that does not exist', () => {
    const text = '<!-- table: Nothing -->\n<!-- end -->';
    expect(() => withTables(ROOT, 'docs/a.md', text)).toThrow("docs/a.md: there is no table 'Nothing'");
  });
});

describe('a declaration', () => {
  const schema = undefined as never;
  const one = { name: 'size', optional: true, description: 'Size.' };

  it.each<[stated: string, value: unknown, wrong: boolean]>([
    ['20', 20, false],
    ['20 - enough', 20, false],
    ['- none', '', false],
    ['', undefined, false],
    ['', 20, true],
    ['20', 21, true],
    ['ddcolor', 'upscale', true],
  ])("with '@default %s' and the default %j contradicts itself: %j", (stated, value, wrong) => {
    const problem = wrongDefault({ ...one, stated }, { schema, allowed: '', default: value });
    expect(problem).toEqual(
      wrong
        ? `setting 'size': its JSDoc says '@default ${stated}', its default is ${String(value)}`
        : undefined,
    );
  });

  it.each([
    ['SloSettings', SLO_FIELDS],
    ['ThresholdSettings', THRESHOLD_FIELDS],
  ])('of %s says the same in JSDoc and in the help of the simulator', (type, fields) => {
    const declared = declarationsOf(ROOT, ['contract/policy.ts'])(type);
    for (const [name, { description = '' }] of Object.entries(fields)) {
      const { description: jsDoc = '' } = declared.find((other) => other.name === name) ?? {};
      expect(jsDoc.toLowerCase().startsWith(description.toLowerCase()), `${name}: ${jsDoc}`).toBe(true);
    }
  });
});
