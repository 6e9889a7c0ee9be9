/** Names of photos: what is allowed, what a name becomes, and how one is quoted. */
import { describe, expect, it } from 'vitest';
import { FILE_NAME, quotable, safeFileName } from '../../contract/file-name.ts';

/** Each is one character that a name must not have. */
const FORBIDDEN = {
  separators: '/\\',
  'C0 and DEL': '\0\t\n\r\u001b\u001f\u007f',
  C1: '\u0080\u0085\u008a\u009b\u009d\u009f',
  'lines of Unicode': '\u2028\u2029',
  'direction of text': '\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069',
  'byte order mark': '\ufeff',
};

describe('a name of a photo', () => {
  it.each(Object.entries(FORBIDDEN))('has no %s', (_kind, characters) => {
    for (const one of characters) {
      expect(FILE_NAME.test(`a${one}b.jpg`), escape(one)).toBe(false);
      expect(FILE_NAME.test(`a.jpg${one}`), escape(one)).toBe(false);
      expect(safeFileName(`a${one}b.jpg`)).toBe('a_b.jpg');
    }
  });

  it.each([
    'Großmutter 1931.jpg',
    '祖母の写真、昭和二十年.png',
    'صورة جدتي.jpg',
    'می\u200cخواهم.jpg',
    '👩‍👩‍👧 🏳️‍🌈.webp',
    "it's 100% #1 (2); a=b.tif",
    '...',
    'a..',
  ])('may be %s, and stays', (name) => {
    expect(FILE_NAME.test(name)).toBe(true);
    expect(safeFileName(name)).toBe(name);
  });

  it.each([
    ['a/b\\c\u0000d\u007fe\u202ef\u2069.jpg', 'a_b_c_d_e_f_.jpg'],
    ['../../etc/passwd', '.._.._etc_passwd'],
    ['photo\u202egpj.exe', 'photo_gpj.exe'],
    [`${'x'.repeat(300)}.jpg`, `${'x'.repeat(251)}.jpg`],
    ['\ud83d.jpg', '_.jpg'],
    ['a\udc75.jpg', 'a_.jpg'],
    ['', 'photo'],
    ['.', 'photo'],
    ['..', 'photo'],
  ])('%j becomes %j, which is allowed', (name, safe) => {
    expect(safeFileName(name)).toBe(safe);
    expect(FILE_NAME.test(safe)).toBe(true);
  });
});

it.each([
  ['a\u202eb\u009bc\n', 'a\\u202eb\\u009bc\\u000a'],
  ['Großmutter 祖母 👵', 'Großmutter 祖母 👵'],
  ['\ud83d', '\\ud83d'],
  ['\u{e0041}', '\\ue0041'],
  ['x'.repeat(100), 'x'.repeat(60)],
])('%j is quoted as %s', (text, quoted) => expect(quotable(text)).toBe(quoted));
