/** Raw profiles of ImageMagick and ExifTool: metadata as a PNG text of hexadecimal digits, after its name and length. */
import { latin1, textAt } from './bytes.ts';

export interface RawProfile {
  /** `other` is not kept: a colour profile, of the photo's own colours. */
  kind: 'exif' | 'iptc' | 'xmp' | 'other';
  content: Uint8Array;
}

const PREFIX = 'Raw profile type ';
const KINDS: Record<string, RawProfile['kind']> = {
  exif: 'exif',
  APP1: 'exif',
  iptc: 'iptc',
  '8bim': 'iptc',
  xmp: 'xmp',
};
const LINE_FEED = 10;

/** @returns undefined for another text */
export function rawProfile(keyword: string, text: Uint8Array): RawProfile | undefined {
  if (!keyword.startsWith(PREFIX)) return undefined;
  const kind = KINDS[keyword.slice(PREFIX.length)] ?? 'other';
  // A line feed, the name, a line feed, the length, a line feed.
  const nameEnd = text.indexOf(LINE_FEED, 1);
  const lengthEnd = nameEnd < 0 ? -1 : text.indexOf(LINE_FEED, nameEnd + 1);
  if (lengthEnd < 0 || lengthEnd > 100) return { kind: 'other', content: new Uint8Array(0) };
  const length = Number.parseInt(textAt(text, nameEnd + 1, lengthEnd), 10) || 0;
  return { kind, content: bytesOf(text.subarray(lengthEnd + 1), length) };
}

/** @returns at most so many bytes */
function bytesOf(digits: Uint8Array, length: number): Uint8Array {
  const bytes = new Uint8Array(Math.min(length, digits.length >> 1));
  let count = 0;
  for (const digit of digits) {
    const value = valueOf(digit);
    if (value < 0) continue;
    if (count >> 1 >= bytes.length) break;
    bytes[count >> 1] = (bytes[count >> 1]! << 4) | value;
    count++;
  }
  return bytes.subarray(0, count >> 1);
}

function valueOf(digit: number): number {
  if (digit >= 48 && digit <= 57) return digit - 48;
  const letter = digit | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}

/** @returns keyword and content of a text chunk with image resources */
export function textOfRawProfile(content: Uint8Array): Uint8Array {
  const lines: string[] = [];
  for (let at = 0; at < content.length; at += 36)
    lines.push(
      Array.from(content.subarray(at, at + 36), (byte) => byte.toString(16).padStart(2, '0')).join(''),
    );
  return latin1(`${PREFIX}iptc\0\niptc\n${String(content.length).padStart(8)}\n${lines.join('\n')}\n`);
}
