/** README.zh-CN.md matches README.md: the same headings, code blocks, tables and links. */
import { describe, expect, it } from 'vitest';
import { codeBlocks, links, prose, read } from './pages.ts';

const ENGLISH = 'README.md';
const CHINESE = 'README.zh-CN.md';

interface Shape {
  /** Heading levels in order. */
  headings: string[];
  code: string[];
  /** Code spans of each row of each table. */
  tables: string[][];
  /** Link targets, except anchors of the page itself, whose headings are translated. */
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
      // Word order differs between the languages.
      .sort(),
  };
}

describe('README.zh-CN.md', () => {
  const english = shapeOf(ENGLISH);
  const chinese = shapeOf(CHINESE);

  it.each(Object.keys(english) as (keyof Shape)[])('has the same %s', (part) => {
    expect(chinese[part]).toEqual(english[part]);
  });

  it('has Chinese text in every section', () => {
    const sections = prose(read(CHINESE)).split(/^## /m);
    expect(sections.filter((section) => !/[\u4e00-\u9fff]{4}/.test(section))).toEqual([]);
  });

  it('links to README.md and back', () => {
    expect(links(ENGLISH, read(ENGLISH)).map(({ target }) => target)).toContain(CHINESE);
    expect(links(CHINESE, read(CHINESE)).map(({ target }) => target)).toContain(ENGLISH);
  });
});
