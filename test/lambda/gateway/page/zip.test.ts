/** File names in the ZIP file of all results. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unzipSync } from 'fflate';
import { portableFileName, uniqueNames } from '../../../../contract/file-name.ts';
import { zipFiles } from '../../../../lambda/gateway/page/zip.ts';

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

  it.each([
    ['Oma.jpg', 'Oma.jpg'],
    ['../../etc/passwd', '.._.._etc_passwd'],
    ['..\\..\\evil.jpg', '.._.._evil.jpg'],
    ['/etc/passwd', '_etc_passwd'],
    ['C:\\Windows\\x.jpg', 'C__Windows_x.jpg'],
    ['x.jpg:stream', 'x.jpg_stream'],
    ['con', '_con'],
    ['LPT1.jpg', '_LPT1.jpg'],
    ['console.jpg', 'console.jpg'],
    ['a.jpg.', 'a.jpg_'],
    ['a.jpg ', 'a.jpg_'],
    ['photo\u202egpj.exe', 'photo_gpj.exe'],
    ['a\u009bb\0c.jpg', 'a_b_c.jpg'],
    ['..', 'photo'],
    ['', 'photo'],
  ])('%j is the entry %j', (name, entry) => expect(portableFileName(name)).toBe(entry));

  it('have no path, and one entry each', async () => {
    const names = ['../a.jpg', '..\\a.jpg', '.._a.jpg', 'e\u0301.jpg', '\u00e9.jpg', 'a\0.jpg'];
    const zip = await zipFiles(
      names.map((name) => ({ name, body: new Blob([name]) })),
      new Date(0),
    );
    const entries = unzipSync(new Uint8Array(await zip.arrayBuffer()));
    expect(Object.keys(entries)).toEqual([
      '.._a.jpg',
      '.._a (2).jpg',
      '.._a (3).jpg',
      'e\u0301.jpg',
      '\u00e9 (2).jpg',
      'a_.jpg',
    ]);
    expect(Object.values(entries).map((body) => Buffer.from(body).toString())).toEqual(names);
  });
});
