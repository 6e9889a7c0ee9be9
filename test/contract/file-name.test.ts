/** Names of photos: what is allowed, what a name becomes, and how one is quoted. */
import { describe, expect, it } from 'vitest';
import { FILE_NAME, portableFileName, quotable, safeFileName, shortened } from '../../contract/file-name.ts';

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

describe('a name for every system', () => {
  const devices =
    'CON con PRN AUX nul CONIN$ conout$ COM0 com1 COM9 LPT1 lpt9 COM\u00b9 com\u00b2 LPT\u00b3'.split(' ');
  it.each(devices.flatMap((name) => [name, `${name}.jpg`, `${name} .jpg`, `${name}.tar.gz`]))(
    'is not the device %j',
    (name) => expect(portableFileName(name)).toBe(`_${name}`),
  );

  it.each([
    'console.jpg',
    'COM10.jpg',
    'com\u2074.jpg',
    'acon.jpg',
    'con-1.jpg',
    'aux1.jpg',
    'Großmutter 祖母 👵.tif',
  ])('may be %j', (name) => expect(portableFileName(name)).toBe(name));

  it.each([
    ['a<b>c:d"e|f?g*h.jpg', 'a_b_c_d_e_f_g_h.jpg'],
    ['a.jpg...', 'a.jpg.._'],
    ['a.jpg  ', 'a.jpg _'],
    ['\ud83d.jpg', '_.jpg'],
    ['con ', 'con_'],
    ['con:', 'con_'],
    ['写'.repeat(100) + '.jpg', '写'.repeat(83) + '.jpg'],
    ['👵'.repeat(100) + '.jpg', '👵'.repeat(62) + '.jpg'],
    ['写'.repeat(100), '写'.repeat(85)],
  ])('%j becomes %j', (name, made) => {
    expect(portableFileName(name)).toBe(made);
    expect(Buffer.byteLength(made)).toBeLessThanOrEqual(255);
  });

  it('has room for what is added', () => {
    expect(shortened('a.jpg', ' (2)')).toBe('a (2).jpg');
    const long = shortened(`${'写'.repeat(83)}.jpg`, ' (2)', '.failed.json');
    expect(long).toBe(`${'写'.repeat(78)} (2).jpg.failed.json`);
    expect(Buffer.byteLength(long)).toBeLessThanOrEqual(255);
  });
});

it.each([
  ['a\u202eb\u009bc\n', 'a\\u202eb\\u009bc\\u000a'],
  ['Großmutter 祖母 👵', 'Großmutter 祖母 👵'],
  ['\ud83d', '\\ud83d'],
  ['\u{e0041}', '\\ue0041'],
  ['x'.repeat(100), 'x'.repeat(60)],
])('%j is quoted as %s', (text, quoted) => expect(quotable(text)).toBe(quoted));
