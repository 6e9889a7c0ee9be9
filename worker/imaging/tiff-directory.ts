/** Rewrites a directory of a TIFF without what the decoder stumbles over: tags that say nothing about pixels, and values that there are not. */

/** Bytes of a value, by type: TIFF 6.0, section 2, and BigTIFF. */
const TYPE_BYTES: Record<number, number> = {
  ...{ 1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4 },
  ...{ 16: 8, 17: 8, 18: 8 },
};
const [SHORT, PHOTOMETRIC, SAMPLES, BITS, SUBIFDS] = [3, 262, 277, 258, 330];
/** Without these, or with others than the file has, there would be other pixels. */
const OF_PIXELS = new Set([
  ...[256, 257, 258, 259, 262, 273, 277, 278, 279, 317, 320, 322, 323, 324, 325, 338, 339, 347],
  ...[292, 293, 301, 332, 334, 529, 530, 531, 532],
]);
/** Numbers that a tag may have, where the decoder refuses a file for others that make no difference to its pixels. */
const ALLOWED: Record<number, readonly number[]> = {
  274: [1, 2, 3, 4, 5, 6, 7, 8],
  296: [1, 2, 3],
  266: [1, 2],
  284: [1, 2],
};
const ROWS_PER_STRIP = 278;
const MAX_ENTRIES = 1000;

interface Entry {
  tag: number;
  type: number;
  bytes: Buffer;
}

/**
 * @param directory position of the picture's directory
 * @param between put after the file, where a decoder goes on that misses pixels at its end
 * @returns the file with a new directory at its end, of this one picture; undefined where the old one is damaged
 */
export function withCleanDirectory(file: Buffer, directory: number, between: Buffer): Buffer | undefined {
  const little = file[0] === 0x49;
  const isBig = (little ? file[2] : file[3]) === 0x2b;
  const [countBytes, entryBytes, offsetBytes] = isBig ? [8, 20, 8] : [2, 12, 4];
  const read = (body: Buffer, at: number, bytes: number) => {
    if (bytes === 8) return Number(little ? body.readBigUInt64LE(at) : body.readBigUInt64BE(at));
    return little ? body.readUIntLE(at, bytes) : body.readUIntBE(at, bytes);
  };
  const numberOf = (value: number, bytes: number) => {
    const out = Buffer.alloc(bytes);
    if (bytes === 8) {
      if (little) out.writeBigUInt64LE(BigInt(value));
      else out.writeBigUInt64BE(BigInt(value));
    } else if (little) out.writeUIntLE(value, 0, bytes);
    else out.writeUIntBE(value, 0, bytes);
    return out;
  };
  const first = ({ type, bytes }: Entry) => read(bytes, 4 + offsetBytes, Math.min(TYPE_BYTES[type] ?? 4, 4));
  const isKept = (entry: Entry): boolean => {
    const { tag, type, bytes } = entry;
    if (tag === SUBIFDS) return false;
    if (tag === ROWS_PER_STRIP) return first(entry) !== 0;
    const allowed = ALLOWED[tag];
    if (allowed) return allowed.includes(first(entry));
    if (OF_PIXELS.has(tag)) return true;
    const size = (TYPE_BYTES[type] ?? Infinity) * read(bytes, 4, offsetBytes);
    return size <= offsetBytes || read(bytes, 4 + offsetBytes, offsetBytes) + size <= file.length;
  };
  const short = (tag: number, value: number): Entry => ({
    tag,
    type: SHORT,
    bytes: Buffer.concat(
      [numberOf(tag, 2), numberOf(SHORT, 2), numberOf(1, offsetBytes), numberOf(value, 2), Buffer.alloc(8)],
      entryBytes,
    ),
  });
  try {
    const count = read(file, directory, countBytes);
    if (count > MAX_ENTRIES) return undefined;
    const entries = new Map<number, Entry>();
    for (let k = 0; k < count; k++) {
      const at = directory + countBytes + k * entryBytes;
      const bytes = file.subarray(at, at + entryBytes);
      const entry = { tag: read(bytes, 0, 2), type: read(bytes, 2, 2), bytes };
      if (!entries.has(entry.tag) && isKept(entry)) entries.set(entry.tag, entry);
    }
    const samples = entries.get(SAMPLES);
    // Without it the decoder reads nothing; of one bit it is a fax, whose paper is zero.
    if (!entries.has(PHOTOMETRIC))
      entries.set(
        PHOTOMETRIC,
        short(PHOTOMETRIC, samples && first(samples) > 2 ? 2 : entries.has(BITS) ? 1 : 0),
      );
    const sorted = [...entries.values()].sort((one, other) => one.tag - other.tag);
    const at = file.length + between.length + (file.length % 2);
    const out = Buffer.concat([
      file,
      between,
      Buffer.alloc(file.length % 2),
      numberOf(sorted.length, countBytes),
      ...sorted.map(({ bytes }) => bytes),
      numberOf(0, offsetBytes),
    ]);
    numberOf(at, offsetBytes).copy(out, isBig ? 8 : 4);
    return out;
  } catch (error) {
    // The directory, or a value of it, is outside of the file.
    if (!(error instanceof RangeError)) throw error;
    return undefined;
  }
}
