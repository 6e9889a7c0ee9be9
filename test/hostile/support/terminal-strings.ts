/** Text that does something to a terminal, or to its reader. */

export const HOSTILE: [name: string, foreign: string, shown: string][] = [
  ['a clipboard by OSC 52', '\x1b]52;c;cm0gLXJmIH4=\x07', '\\x1b]52;c;cm0gLXJmIH4=\\x07'],
  ['a window title', '\x1b]0;root\x1b\\', '\\x1b]0;root\\x1b\\'],
  [
    'a hyperlink',
    '\x1b]8;;http://evil.example\x07photo\x1b]8;;\x07',
    '\\x1b]8;;http://evil.example\\x07photo\\x1b]8;;\\x07',
  ],
  ['a cursor and a cleared screen', '\x1b[1;1H\x1b[2J', '\\x1b[1;1H\\x1b[2J'],
  ['a device status report', '\x1b[6n\x1bP+q\x1b\\', '\\x1b[6n\\x1bP+q\\x1b\\'],
  ['C1 controls', '\x9b2J\x9d0;root\x9c\x85', '\\x9b2J\\x9d0;root\\x9c\\x85'],
  ['a forged line', 'x\n60 photos: 60 coloured.', 'x\\n60 photos: 60 coloured.'],
  ['a carriage return', 'failed\rcoloured', 'failed\\rcoloured'],
  ['backspaces', 'failed\b\b\b\b\b\bok', 'failed\\x08\\x08\\x08\\x08\\x08\\x08ok'],
  ['NUL and DEL', 'a\0b\x7f', 'a\\x00b\\x7f'],
  ['a tab', 'a\tb', 'a\\tb'],
  ['a right-to-left override', 'gpj.\u202eexe', 'gpj.\\u202eexe'],
  ['isolates and marks', '\u2066a\u2069\u200e\u200f\u061c', '\\u2066a\\u2069\\u200e\\u200f\\u061c'],
  ['line and paragraph separators', 'a\u2028b\u2029c', 'a\\u2028b\\u2029c'],
  ['zero-width characters', 'a\u200b\u2060\ufeffb\u00ad', 'a\\u200b\\u2060\\ufeffb\\xad'],
  ['tags', 'a\u{e0041}\u{e007f}', 'a\\u{e0041}\\u{e007f}'],
  ['a lone surrogate', 'a\ud800b', 'a\\ud800b'],
  [
    'fillers and variation selectors',
    'a\u3164\u115f\u034f\u2800\u{e0100}',
    'a\\u3164\\u115f\\u034f\\u2800\\u{e0100}',
  ],
  ['private characters', '\ue000\u{f0000}', '\\ue000\\u{f0000}'],
];

/** The characters that no line of a command may have, by code point. Written apart from the code, which has them as properties. */
export function unsafeIn(line: string): string[] {
  const isUnsafe = (code: number) =>
    code < 0x20 ||
    (code >= 0x7f && code <= 0x9f) ||
    code === 0xad ||
    code === 0x61c ||
    (code >= 0x200b && code <= 0x200f && code !== 0x200c && code !== 0x200d) ||
    (code >= 0x2028 && code <= 0x202e) ||
    (code >= 0x2060 && code <= 0x206f) ||
    (code >= 0xd800 && code <= 0xf8ff) ||
    code === 0xfeff ||
    (code >= 0xfff9 && code <= 0xfffb) ||
    [0x34f, 0x115f, 0x1160, 0x3164, 0xffa0, 0x2800].includes(code) ||
    (code >= 0xe0000 && code <= 0xe0fff);
  return [...line]
    .map((one) => one.codePointAt(0) ?? 0)
    .filter(isUnsafe)
    .map((code) => code.toString(16));
}
