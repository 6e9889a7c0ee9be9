/** The format by the first bytes, and the time that it takes, over the worst input known of each kind. */
import { describe, expect, it } from 'vitest';
import { sniff } from '../../worker/imaging/formats.ts';

const latin1 = (text: string) => Buffer.from(text, 'latin1');

describe('a file is recognised', () => {
  it.each<[string, string, ReturnType<typeof sniff>]>([
    ['JPEG', '\xff\xd8\xff\xe0', { format: 'jpeg' }],
    ['PNG', '\x89PNG\r\n\x1a\n', { format: 'png' }],
    ['WebP', 'RIFF\x10\0\0\0WEBPVP8 ', { format: 'webp' }],
    ['TIFF, little-endian', 'II*\0', { format: 'tiff' }],
    ['BigTIFF, big-endian', 'MM\0+', { format: 'tiff' }],
    ['a question mark is a byte like others', 'RIFF????WEBP', { format: 'webp' }],
    ['GIF', 'GIF89a', { other: 'GIF' }],
    ['AVIF', '\0\0\0\x20ftypavif', { format: 'avif' }],
    ['AVIF by its second brand', '\0\0\0\x18ftypmif1\0\0\0\0miafavif', { format: 'avif' }],
    ['HEIC by its brands', '\0\0\0\x18ftypmif1\0\0\0\0miafheicavif', { other: 'HEIC' }],
    ['HEIC', '\0\0\0\x20ftypheix', { other: 'HEIC' }],
    ['video', '\0\0\0\x20ftypisom', { other: 'video' }],
    ['SVG', '<svg xmlns="">', { other: 'SVG' }],
    [
      'SVG after all that may come before it',
      '\xef\xbb\xbf <?xml version="1.0"?>\n<!-- a --><!-- > b -->\n<!DOCTYPE svg PUBLIC "">\n<svg>',
      { other: 'SVG' },
    ],
    ['another element', '<svgish>', undefined],
    ['another document type', '<!DOCTYPE html><svg>', undefined],
    ['a signature that is cut off', 'RIFF????WEB', undefined],
    ['nothing', '', undefined],
  ])('%s', (_name, text, expected) => {
    expect(sniff(latin1(text))).toEqual(expected);
  });
});

/** Repeated to any length; none is a picture, so a reader that backtracks tries everything. */
const WORST: [name: string, part: string, start?: string][] = [
  ['comments', '<!---->'],
  ['comments with spaces', '<!-- --> \n'],
  ['comments in comments', '<!--<!--'],
  ['ends of comments', '-->', '<!--'],
  ['document types', '<!DOCTYPE svg >'],
  ['declarations', '<?xml ?>'],
  ['spaces', ' '],
  ['one open declaration', '<?xml ', '<?xml '],
  ['half a signature of a picture', 'RIFF'],
  ['boxes', '\0\0\0\x08ftyp'],
];

describe('a hostile file takes no longer than a photo', () => {
  it.each(WORST)('%s', (_name, part, start = '') => {
    for (const length of [281, 100_000, 1_000_000]) {
      const body = latin1(`${(start + part.repeat(length / part.length)).slice(0, length - 1)}x`);
      const startMs = performance.now();
      sniff(body);
      expect(performance.now() - startMs).toBeLessThan(50);
    }
  });
});
