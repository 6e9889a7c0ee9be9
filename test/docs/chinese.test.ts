/** README.zh-CN.md is kept in step: the same sections, commands, outputs, pictures, tables and links, in the same order. */
import { describe, expect, it } from 'vitest';
import { codeBlocks, links, prose, read } from './pages.ts';

const ENGLISH = 'README.md';
const CHINESE = 'README.zh-CN.md';

interface Shape {
  /** Levels of the headings. */
  headings: string[];
  code: string[];
  /** Rows of each table, the code in each. */
  tables: string[][];
  /** Where links lead, apart from those within the page, whose headings have other names. */
  links: string[];
}

function shapeOf(page: string): Shape {
  const text = read(page);
  const tables = prose(text).match(/(^\|.*\|\n)+/gm) ?? [];
  const other = [ENGLISH, CHINESE];
  return {
    headings: [...prose(text).matchAll(/^(#+) /gm)].map(([, level = '']) => level),
    code: codeBlocks(text).map(({ code }) => code),
    tables: tables.map((table) =>
      table
        .trim()
        .split('\n')
        .map((row) => [...row.matchAll(/`[^`]+`/g)].map(([code]) => code).join(' ')),
    ),
    links: links(page, text)
      .map(({ target }) => target)
      .filter((target) => !target.startsWith('#') && !other.includes(target))
      // A sentence has another order in another language.
      .sort(),
  };
}

describe('the README in Chinese', () => {
  const english = shapeOf(ENGLISH);
  const chinese = shapeOf(CHINESE);

  it.each(Object.keys(english) as (keyof Shape)[])('has the same %s', (part) => {
    expect(chinese[part]).toEqual(english[part]);
  });

  it('is in Chinese, section by section', () => {
    const sections = prose(read(CHINESE)).split(/^## /m);
    expect(sections.filter((section) => !/[\u4e00-\u9fff]{4}/.test(section))).toEqual([]);
  });

  it('and the English one lead to each other', () => {
    expect(links(ENGLISH, read(ENGLISH)).map(({ target }) => target)).toContain(CHINESE);
    expect(links(CHINESE, read(CHINESE)).map(({ target }) => target)).toContain(ENGLISH);
  });
});
