/** The files of the corpus are those of its manifest. */
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { contentOf, CORPUS, manifest } from '../../tools/corpus/manifest.ts';

const rows = manifest();

it('the corpus has the files of its manifest, and no others', () => {
  const files = readdirSync(join(CORPUS, 'files'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  expect(files.sort()).toEqual(rows.map(({ file }) => join(CORPUS, 'files', file)).sort());
  const changed = rows.filter(
    (row) => createHash('sha256').update(contentOf(row)).digest('hex') !== row.sha256,
  );
  expect(changed.map(({ file }) => file)).toEqual([]);
});

it('a tenth of it runs in npm test', () => {
  expect(rows.length).toBeGreaterThanOrEqual(150);
  const sample = rows.filter(({ sample }) => sample);
  expect(sample).toHaveLength(Math.ceil(rows.length / 10));
  expect(new Set(sample.map(({ outcome }) => outcome)).size).toBeGreaterThan(2);
});
