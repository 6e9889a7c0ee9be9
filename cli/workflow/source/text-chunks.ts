/** Texts of a PNG file: ComfyUI writes the graph of a picture there. */
import { inflateSync } from 'node:zlib';
import { UserError } from '../../../common/errors.ts';

const SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
/** Bytes of a text, which a compressed chunk could make as large as it likes. */
const MAX_TEXT = 64 * 2 ** 20;

export const isPng = (file: Buffer): boolean => file.subarray(0, SIGNATURE.length).equals(SIGNATURE);

/** @returns texts by keyword, of tEXt, zTXt and iTXt chunks; what follows a cut-off chunk is ignored */
export function textChunks(png: Buffer): Map<string, string> {
  const texts = new Map<string, string>();
  for (let at = SIGNATURE.length; at + 8 <= png.length;) {
    const length = png.readUInt32BE(at);
    const type = png.toString('latin1', at + 4, at + 8);
    const data = png.subarray(at + 8, at + 8 + length);
    at += 12 + length;
    const text = data.length === length ? textOf(type, data) : undefined;
    if (text) texts.set(...text);
  }
  return texts;
}

function textOf(type: string, data: Buffer): [keyword: string, text: string] | undefined {
  if (!['tEXt', 'zTXt', 'iTXt'].includes(type)) return undefined;
  const [keyword, rest] = cut(data);
  const name = keyword.toString('latin1');
  if (type === 'tEXt') return [name, rest.toString('latin1')];
  // A byte with the method of compression.
  if (type === 'zTXt') return [name, inflated(rest.subarray(1), name).toString('latin1')];
  const [isCompressed] = rest;
  const [, language] = cut(rest.subarray(2));
  const [, text] = cut(language);
  return [name, (isCompressed === 1 ? inflated(text, name) : text).toString('utf8')];
}

/** Before and after the first zero. */
function cut(data: Buffer): [Buffer, Buffer] {
  const end = data.indexOf(0);
  return end < 0 ? [data, Buffer.alloc(0)] : [data.subarray(0, end), data.subarray(end + 1)];
}

function inflated(data: Buffer, name: string): Buffer {
  try {
    return inflateSync(data, { maxOutputLength: MAX_TEXT });
  } catch (cause) {
    throw new UserError(`The text '${name}' of the PNG cannot be decompressed.`, { cause });
  }
}
