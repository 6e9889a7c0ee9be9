/** Links within the pages resolve: to a file that exists, and to one of its headings. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { anchorOf, anchors, links, PAGES, read, ROOT, type Link } from './pages.ts';

/** What is wrong with a link; undefined when it resolves. */
function fault({ path, anchor }: Link): string | undefined {
  if (path === undefined) return undefined;
  if (!existsSync(join(ROOT, path))) return `${path} does not exist`;
  if (anchor === undefined || !path.endsWith('.md')) return undefined;
  return anchors(read(path)).has(anchor) ? undefined : `${path} has no heading '${anchor}'`;
}

describe('links', () => {
  it.each(PAGES)('of %s resolve', (page) => {
    const broken = links(page, read(page)).map((link) => [link.target, fault(link)] as const);
    expect(broken.filter(([, why]) => why !== undefined)).toEqual([]);
  });

  it.each<[string, string]>([
    ['[a](nowhere.md)', 'docs/nowhere.md does not exist'],
    ['[a](scaling.md#no-such-heading)', "docs/scaling.md has no heading 'no-such-heading'"],
    ['![a](images/none.png)', 'docs/images/none.png does not exist'],
    ['[a](#nothing)', "docs/architecture.md has no heading 'nothing'"],
  ])('are reported when broken: %s', (text, why) => {
    expect(links('docs/architecture.md', text).map(fault)).toEqual([why]);
  });

  it.each([
    ['Worked example', 'worked-example'],
    ['Can it be `found`?', 'can-it-be-found'],
    ['一分钟之内', '一分钟之内'],
  ])('resolve the heading %s', (heading, anchor) => expect(anchorOf(heading)).toBe(anchor));
});

describe('docs/README.md', () => {
  it('lists each page once', () => {
    const listed = links('docs/README.md', read('docs/README.md')).map(({ path }) => path);
    const docs = PAGES.filter((page) => page.startsWith('docs/') && page !== 'docs/README.md');
    expect(listed.filter((path) => path?.startsWith('docs/')).sort()).toEqual(docs);
  });
});

describe('every page', () => {
  it('is reachable from the README', () => {
    const reached = new Set(['README.md']);
    for (const page of reached) {
      for (const { path } of links(page, read(page))) if (path?.endsWith('.md')) reached.add(path);
    }
    expect(PAGES.filter((page) => !reached.has(page))).toEqual([]);
  });
});
