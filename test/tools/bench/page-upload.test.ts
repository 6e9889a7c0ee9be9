import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');

it('the page has each element that its benchmark uses', () => {
  const used = read('tools/bench/page-upload.ts').matchAll(/(?:['`]#|getElementById\(')([a-z-]+)/g);
  const ids = [...used].map(([, id]) => id!);
  expect(ids).toContain('keep-original');
  const page = read('lambda/gateway/page/index.html');
  expect(ids.filter((id) => !page.includes(`id="${id}"`))).toEqual([]);
});
