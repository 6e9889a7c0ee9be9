/** The example diff of docs/contribute.md fits the files that it changes. */
import { describe, expect, it } from 'vitest';
import { read } from './pages.ts';

const [, diff = ''] = /```diff\n([^]*?)```/.exec(read('docs/contribute.md')) ?? [];
const hunks = diff
  .split(/^--- a\//m)
  .slice(1)
  .flatMap((part): [file: string, before: string][] => {
    const [file = '', ...changes] = part.split(/^\+\+\+ .*\n@@\n|^@@\n/m);
    const before = (hunk: string) => hunk.replace(/^\+.*\n/gm, '').replace(/^[- ]/gm, '');
    return changes.map((hunk) => [file.trim(), before(hunk)]);
  });

describe('the example of a stage setting', () => {
  it('changes at most four files', () => {
    const files = new Set(hunks.map(([file]) => file));
    expect(files).toContain('contract/worker.ts');
    expect(files.size).toBeLessThanOrEqual(4);
  });

  it.each(hunks)('fits %s', (file, before) =>
    expect(read(file), `${file} changed: change the example in docs/contribute.md with it`).toContain(before),
  );
});
