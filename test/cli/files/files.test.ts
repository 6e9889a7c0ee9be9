/** Names that are not UTF-8, names of results, and reads of files that change. */
import { appendFileSync, mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { foldFor, resultNames } from '../../../cli/colour/result-names.ts';
import { nameOf, pathOf } from '../../../cli/files/names.ts';
import { MAX_PHOTO_BYTES, NotRead, readWhole, whyNot } from '../../../cli/files/read.ts';
import { Folder } from '../support/command.ts';

let folder: Folder;
beforeEach(() => (folder = new Folder()));
afterEach(() => folder.remove());
const at = (...parts: string[]) => join(folder.path, ...parts);

describe('a name', () => {
  it.each([
    ['Gro\xdfmutter', 'Gro\udcdfmutter'],
    // The first three bytes of a character of four.
    ['\xf0\x9f\x91', '\udcf0\udc9f\udc91'],
    // A surrogate, and an overlong slash, are no UTF-8.
    ['\xed\xb3\x9f', '\udced\udcb3\udc9f'],
    ['\xc0\xaf', '\udcc0\udcaf'],
    ['\xc3\xbc\xfc', '\u00fc\udcfc'],
  ])('of the bytes %j is %j', (latin1, name) => {
    expect(nameOf(Buffer.from(latin1, 'latin1'))).toBe(name);
  });

  it('keeps its bytes through joins and JSON', () => {
    fc.assert(
      fc.property(fc.uint8Array({ min: 1, minLength: 1, maxLength: 40 }), (bytes) => {
        const name = JSON.parse(JSON.stringify(nameOf(Buffer.from(bytes)))) as string;
        expect(Buffer.from(pathOf(`a/${name}`)).subarray(2)).toEqual(Buffer.from(bytes));
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('in UTF-8 is a text, emoji included', () => {
    const name = 'Gr\u00fc\u00dfe 👵\u{10ffff}.jpg';
    expect(nameOf(Buffer.from(name))).toBe(name);
    expect(pathOf(name)).toBe(name);
  });
});

describe('names of results', () => {
  const exact = (name: string) => name;
  const lower = (name: string) => name.normalize('NFC').toLowerCase();

  it.each<[string, string[], string[], (name: string) => string, NodeJS.Platform]>([
    ['composed', ['u\u0308.jpg'], ['\u00fc.jpg'], exact, 'linux'],
    [
      'as they are where twins differ',
      ['u\u0308.jpg', '\u00fc.jpg'],
      ['u\u0308.jpg', '\u00fc.jpg'],
      exact,
      'linux',
    ],
    [
      'numbered where they do not',
      ['u\u0308.jpg', '\u00fc.jpg'],
      ['u\u0308 (2).jpg', '\u00fc.jpg'],
      lower,
      'darwin',
    ],
    ['as they are in either case', ['a.jpg', 'A.JPG'], ['a.jpg', 'A.JPG'], exact, 'linux'],
    ['numbered where case is ignored', ['x/a.jpg', 'X/A.JPG'], ['x/a.jpg', 'X/A (2).JPG'], lower, 'darwin'],
    [
      'portable on Windows',
      ['con .jpg', 'x?/a:b.jpg', 'a.'],
      ['_con .jpg', 'x_/a_b.jpg', 'a_'],
      lower,
      'win32',
    ],
    ['numbered when made portable', ['a?.jpg', 'a*.jpg'], ['a_.jpg', 'a_ (2).jpg'], lower, 'win32'],
    [
      'not too long when numbered',
      [`${'x'.repeat(251)}.jpg`, `${'X'.repeat(251)}.jpg`],
      [`${'x'.repeat(251)}.jpg`, `${'X'.repeat(247)} (2).jpg`],
      lower,
      'darwin',
    ],
  ])('are %s', (_how, names, results, fold, platform) =>
    expect(resultNames(names, fold, platform)).toEqual(results),
  );

  it('are compared as the folder compares them, or else as the system does', async () => {
    folder.write({ 'cased/a.jpg': '', 'twins/B': '', 'twins/b': '', 'none/1': '' });
    for (const name of ['cased', 'cased/new/deeper', 'twins']) {
      // This file system tells case apart, whatever the platform.
      expect((await foldFor(at(name), 'darwin'))('A')).toBe('A');
    }
    expect((await foldFor(at('none'), 'linux'))('A\u0301')).toBe('A\u0301');
    expect((await foldFor(at('none'), 'win32'))('A\u0301')).toBe('a\u0301');
    expect((await foldFor(at('none'), 'darwin'))('A\u0301')).toBe('\u00e1');
  });
});

describe('a file', () => {
  it('is read as it was at one time', async () => {
    folder.write({ 'a.jpg': 'whole' });
    expect((await readWhole(at('a.jpg'))).body.toString()).toBe('whole');
  });

  it('that another program still writes is not sent', async () => {
    folder.write({ 'a.jpg': 'x'.repeat(1 << 20) });
    let writing = true;
    const writes = (async () => {
      while (writing) {
        appendFileSync(at('a.jpg'), 'more');
        await new Promise(setImmediate);
      }
    })();
    const error = await readWhole(at('a.jpg')).catch((one: unknown) => one);
    writing = false;
    await writes;
    expect(error).toMatchObject({
      message: expect.stringContaining('changes while it is read') as string,
      retryable: true,
    });
  });

  it.each<[string, () => void, RegExp]>([
    ['that is gone', () => rmSync(at('a.jpg')), /^The file cannot be read: it is gone \(ENOENT\)\.$/],
    ['that became a folder', () => (rmSync(at('a.jpg')), mkdirSync(at('a.jpg'))), /no longer a file/],
    [
      'too large for memory',
      () => truncateSync(at('a.jpg'), MAX_PHOTO_BYTES + 1),
      /^The file has 2147483648 bytes: at most 2147483647 are read\.$/,
    ],
  ])('%s has its reason', async (_kind, change, message) => {
    writeFileSync(at('a.jpg'), 'one');
    change();
    const error = (await readWhole(at('a.jpg')).catch((one: unknown) => one)) as Error;
    expect(error).toBeInstanceOf(NotRead);
    expect(error.message).toMatch(message);
  });

  it('is refused in words, with the code', () => {
    expect(whyNot({ code: 'EACCES' })).toBe('permission denied (EACCES)');
    expect(whyNot({ code: 'ENOTCONN' })).toBe('ENOTCONN');
    expect(whyNot(new Error('a message'))).toBe('a message');
  });
});
