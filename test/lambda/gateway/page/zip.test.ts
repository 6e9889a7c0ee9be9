/** File names in the ZIP file of all results. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { uniqueNames } from '../../../../lambda/gateway/page/zip.ts';

describe('names in the ZIP file', () => {
  it.each<[string[], string[]]>([
    [[], []],
    [
      ['a.jpg', 'b.jpg'],
      ['a.jpg', 'b.jpg'],
    ],
    [
      ['a.jpg', 'a.jpg', 'a.jpg'],
      ['a.jpg', 'a (2).jpg', 'a (3).jpg'],
    ],
    [
      ['a (2).jpg', 'a.jpg', 'a.jpg'],
      ['a (2).jpg', 'a.jpg', 'a (3).jpg'],
    ],
    [
      ['a.jpg', 'a.jpg', 'a (2).jpg'],
      ['a.jpg', 'a (2).jpg', 'a (2) (2).jpg'],
    ],
    [
      ['a.jpg', 'A.JPG'],
      ['a.jpg', 'A (2).JPG'],
    ],
    [
      ['a', 'a', '.a', '.a'],
      ['a', 'a (2)', '.a', '.a (2)'],
    ],
    [
      ['照片.png', '照片.png'],
      ['照片.png', '照片 (2).png'],
    ],
  ])('%j become %j', (names, unique) => expect(uniqueNames(names)).toEqual(unique));

  it('are unique ignoring case, in the same order, and changed only when taken', () => {
    const name = fc.tuple(fc.constantFrom('a', 'A', 'a (2)', 'b'), fc.constantFrom('', '.jpg', '.JPG'));
    fc.assert(
      fc.property(
        fc.array(
          name.map((parts) => parts.join('')),
          { maxLength: 30 },
        ),
        (names) => {
          const made = uniqueNames(names);
          expect(made).toHaveLength(names.length);
          const lower = made.map((one) => one.toLowerCase());
          expect(new Set(lower).size).toBe(names.length);
          for (const [k, name] of names.entries()) {
            expect(made[k]!.startsWith(name.split('.')[0]!), `${name} as ${made[k]}`).toBe(true);
            const taken = lower.slice(0, k).includes(name.toLowerCase());
            expect(made[k] === name, `${name} as ${made[k]}`).toBe(!taken);
          }
        },
      ),
      { seed: 1, numRuns: 300 },
    );
  });
});
