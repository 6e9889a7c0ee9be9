/** Links within the pages lead somewhere: to a file that is there, and to a heading of it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { anchorOf, anchors, links, PAGES, read, ROOT, type Link } from './pages.ts';

/** What is wrong with a link; undefined when it leads somewhere. */
function fault({ path, anchor }: Link): string | undefined {
  if (path === undefined) return undefined;
  if (!existsSync(join(ROOT, path))) return `${path} is not there`;
  if (anchor === undefined || !path.endsWith('.md')) return undefined;
  return anchors(read(path)).has(anchor) ? undefined : `${path} has no heading '${anchor}'`;
}

describe('links', () => {
  it.each(PAGES)('of %s lead somewhere', (page) => {
    const broken = links(page, read(page)).map((link) => [link.target, fault(link)] as const);
    expect(broken.filter(([, why]) => why !== undefined)).toEqual([]);
  });

  it.each<[string, string]>([
    ['[a](nowhere.md)', 'docs/nowhere.md is not there'],
    ['[a](scaling.md#no-such-heading)', "docs/scaling.md has no heading 'no-such-heading'"],
    ['![a](images/none.png)', 'docs/images/none.png is not there'],
    ['[a](#nothing)', "docs/architecture.md has no heading 'nothing'"],
  ])('are found to be broken: %s', (text, why) => {
    expect(links('docs/architecture.md', text).map(fault)).toEqual([why]);
  });

  it.each([
    ['The deployed rule', 'the-deployed-rule'],
    ['Can it be `found`?', 'can-it-be-found'],
    ['一分钟之内', '一分钟之内'],
  ])('know the heading %s', (heading, anchor) => expect(anchorOf(heading)).toBe(anchor));
});

describe('the pages', () => {
  it('are all to be reached from the README', () => {
    const reached = new Set(['README.md']);
    for (const page of reached) {
      for (const { path } of links(page, read(page))) if (path?.endsWith('.md')) reached.add(path);
    }
    expect(PAGES.filter((page) => !reached.has(page))).toEqual([]);
  });
});
