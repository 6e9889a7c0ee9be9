/** Changes inputs as libFuzzer does: bytes, blocks, numbers, words of the corpus. The same seed gives the same inputs. */
import { crc32 } from 'node:zlib';

const INTERESTING = [0, 1, 2, 3, 4, 8, 12, 0x7f, 0x80, 0xfe, 0xff];
const WORDS = [
  '__proto__',
  'constructor',
  '1e308',
  '-1',
  'null',
  '[]',
  '{}',
  '""',
  '%',
  '\\ud800',
  '<!--',
  '-->',
  '..',
  '\0',
  'NaN',
];
const MAX_BYTES = 4096;

/** xorshift32. @returns whole numbers from 0 to below `limit` */
export function numbers(seed: number): (limit: number) => number {
  let state = seed | 1;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % Math.max(1, limit);
  };
}

export type Draw = (limit: number) => number;

const block = (input: Buffer, draw: Draw) => {
  const from = draw(input.length);
  return input.subarray(from, from + 1 + draw(Math.min(64, input.length - from)));
};

function once(input: Buffer, corpus: Buffer[], draw: Draw): Buffer {
  const at = draw(input.length + 1);
  const put = (middle: Buffer, skip = 0) =>
    Buffer.concat([input.subarray(0, at), middle, input.subarray(at + skip)]);
  switch (draw(8)) {
    case 0:
      return put(Buffer.of(draw(256)), 1);
    case 1:
      return put(Buffer.of(INTERESTING[draw(INTERESTING.length)]!), 1);
    case 2:
      return put(Buffer.of((input[at] ?? 0) ^ (1 << draw(8))), 1);
    case 3:
      return put(Buffer.alloc(0), 1 + draw(16));
    case 4:
      return put(Buffer.concat(Array<Buffer>(1 + draw(16)).fill(block(input, draw))));
    case 5:
      return put(Buffer.from(WORDS[draw(WORDS.length)]!));
    case 6:
      return put(block(corpus[draw(corpus.length)]!, draw), draw(2) * 8);
    default: {
      const digits = String(2 ** draw(64) - draw(2));
      return put(Buffer.from(digits), draw(4));
    }
  }
}

/** @returns one input of the corpus, changed one to eight times */
export function mutated(corpus: Buffer[], draw: Draw): Buffer {
  // Later inputs reached new code most recently: every second draw takes one of the last eight.
  const from = draw(2) ? Math.max(0, corpus.length - 8) : 0;
  let input = corpus[from + draw(corpus.length - from)]!;
  for (let k = draw(8); k >= 0; k--) input = once(input, corpus, draw);
  return input.subarray(0, MAX_BYTES);
}

/** Where files of pictures say what they are: a TIFF at its end, the others at their start. */
const STRUCTURE_BYTES = 700;

/** @returns one file of pictures, changed one to four times, mostly in its structure; some are cut off, some joined */
export function mutatedFile(files: Buffer[], draw: Draw): Buffer {
  const input = files[draw(files.length)]!;
  let [start, middle, end]: Buffer[] = [Buffer.alloc(0), input, Buffer.alloc(0)];
  const kind = draw(8);
  if (kind === 0) return input.subarray(0, draw(input.length));
  if (kind === 1) {
    const other = files[draw(files.length)]!;
    return Buffer.concat([input.subarray(0, draw(input.length)), other.subarray(draw(other.length))]);
  }
  const length = Math.min(STRUCTURE_BYTES, input.length);
  if (kind < 5) [middle, end] = [input.subarray(0, length), input.subarray(length)];
  else if (kind < 7) [start, middle] = [input.subarray(0, -length), input.subarray(-length)];
  for (let k = draw(3); k >= 0; k--) middle = once(middle!, files, draw);
  const changed = Buffer.concat([start!, middle!, end!]);
  // Without right checksums a decoder reads no further.
  return draw(4) > 0 && changed.toString('latin1', 1, 4) === 'PNG' ? withChecksums(changed) : changed;
}

const SIGNATURE_BYTES = 8;

/** A PNG whose chunks have the checksums of what is in them now. */
function withChecksums(file: Buffer): Buffer {
  const fixed = Buffer.from(file);
  for (let at = SIGNATURE_BYTES; at + 12 <= fixed.length;) {
    const end = at + 8 + fixed.readUInt32BE(at);
    if (end + 4 > fixed.length) break;
    fixed.writeUInt32BE(crc32(fixed.subarray(at + 4, end)), end);
    at = end + 4;
  }
  return fixed;
}
