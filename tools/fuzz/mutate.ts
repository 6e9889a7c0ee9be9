/** Changes inputs as libFuzzer does: bytes, blocks, numbers, words of the corpus. The same seed gives the same inputs. */
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

type Draw = (limit: number) => number;

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
