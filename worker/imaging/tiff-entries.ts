/**
 * The entries of a TIFF's directory, and a file with another directory in its place: so that a decoder returns samples as they
 * are stored. TIFF 6.0, section 2; BigTIFF.
 */

export interface TiffEntry {
  tag: number;
  type: number;
  count: number;
  /** Of its first value in the file. */
  at: number;
}

/** An entry of a new directory, with values of its own. */
export interface NewEntry {
  tag: number;
  values: readonly number[];
}

const [SHORT, LONG, LONG8] = [3, 4, 16];
/** Bytes of a value, by type. */
const TYPE_BYTES: readonly number[] = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8];
/** A directory of a picture has two dozen. */
const MAX_ENTRIES = 10_000;
/** Of one entry: a strip for each row of the highest picture. */
const MAX_VALUES = 1_000_000;

/** Numbers in the byte order of a file. */
class Numbers {
  readonly isLittle: boolean;
  readonly isBig: boolean;
  /** Bytes of a count of entries, of an entry, and of an offset. */
  readonly sizes: readonly [count: number, entry: number, offset: number];

  constructor(readonly body: Buffer) {
    this.isLittle = body[0] === 0x49;
    this.isBig = (this.isLittle ? body[2] : body[3]) === 0x2b;
    this.sizes = this.isBig ? [8, 20, 8] : [2, 12, 4];
  }

  /** @throws RangeError outside of the file */
  read(at: number, bytes: number): number {
    const { body, isLittle } = this;
    if (bytes === 8) return Number(isLittle ? body.readBigUInt64LE(at) : body.readBigUInt64BE(at));
    return isLittle ? body.readUIntLE(at, bytes) : body.readUIntBE(at, bytes);
  }

  write(into: Buffer, at: number, bytes: number, value: number): void {
    if (bytes === 8) {
      if (this.isLittle) into.writeBigUInt64LE(BigInt(value), at);
      else into.writeBigUInt64BE(BigInt(value), at);
    } else if (this.isLittle) into.writeUIntLE(value, at, bytes);
    else into.writeUIntBE(value, at, bytes);
  }
}

export class TiffDirectory {
  private constructor(
    private readonly numbers: Numbers,
    readonly entries: readonly TiffEntry[],
  ) {}

  /**
   * @param position of a directory in the file; by default the first one
   * @returns undefined where it is damaged
   */
  static of(body: Buffer, position?: number): TiffDirectory | undefined {
    const numbers = new Numbers(body);
    try {
      const at = position ?? numbers.read(numbers.isBig ? 8 : 4, numbers.sizes[2]);
      return new TiffDirectory(numbers, entriesAt(numbers, at));
    } catch (error) {
      if (error instanceof RangeError) return undefined;
      throw error;
    }
  }

  get isLittle(): boolean {
    return this.numbers.isLittle;
  }

  /** @returns the numbers of an entry; none where the directory does not have it, or where it has other values */
  values(tag: number): number[] {
    const { numbers, entries } = this;
    const entry = entries.find((one) => one.tag === tag);
    if (!entry || ![1, SHORT, LONG, LONG8].includes(entry.type)) return [];
    const bytes = TYPE_BYTES[entry.type]!;
    try {
      return Array.from({ length: Math.min(entry.count, MAX_VALUES) }, (_, k) =>
        numbers.read(entry.at + k * bytes, bytes),
      );
    } catch (error) {
      if (error instanceof RangeError) return [];
      throw error;
    }
  }

  /** @returns the file with one directory, which has these entries in place of its own with their tags */
  fileWith(changed: readonly NewEntry[]): Buffer {
    const { numbers, entries } = this;
    const [countBytes, entryBytes, offsetBytes] = numbers.sizes;
    const tags = new Set(changed.map(({ tag }) => tag));
    const all = [...entries.filter(({ tag }) => !tags.has(tag)), ...changed]
      .filter((entry) => !('values' in entry) || entry.values.length > 0)
      .sort((one, other) => one.tag - other.tag);
    const { body } = numbers;
    const start = body.length + (body.length % 2);
    const directory = Buffer.alloc(countBytes + all.length * entryBytes + offsetBytes);
    const extra: Buffer[] = [];
    let extraAt = start + directory.length;
    numbers.write(directory, 0, countBytes, all.length);
    for (const [k, entry] of all.entries()) {
      const { type, count, data } = 'values' in entry ? this.packed(entry) : this.copied(entry);
      const at = countBytes + k * entryBytes;
      numbers.write(directory, at, 2, entry.tag);
      numbers.write(directory, at + 2, 2, type);
      numbers.write(directory, at + 4, offsetBytes, count);
      if (typeof data === 'number') numbers.write(directory, at + 4 + offsetBytes, offsetBytes, data);
      else if (data.length <= offsetBytes) data.copy(directory, at + 4 + offsetBytes);
      else {
        numbers.write(directory, at + 4 + offsetBytes, offsetBytes, extraAt);
        extra.push(data);
        extraAt += data.length;
      }
    }
    const file = Buffer.concat([body, Buffer.alloc(start - body.length), directory, ...extra]);
    numbers.write(file, numbers.isBig ? 8 : 4, offsetBytes, start);
    return file;
  }

  /** @returns its bytes where they are in the entry, or the offset of its values */
  private copied({ type, count, at }: TiffEntry): { type: number; count: number; data: Buffer | number } {
    const { numbers } = this;
    const bytes = (TYPE_BYTES[type] ?? 0) * count;
    const isInline = bytes <= numbers.sizes[2];
    return { type, count, data: isInline ? numbers.body.subarray(at, at + bytes) : at };
  }

  private packed({ values }: NewEntry): { type: number; count: number; data: Buffer } {
    const { numbers } = this;
    const largest = values.reduce((max, value) => Math.max(max, value), 0);
    const type = largest < 2 ** 16 ? SHORT : largest < 2 ** 32 ? LONG : LONG8;
    const bytes = TYPE_BYTES[type]!;
    const data = Buffer.alloc(values.length * bytes);
    for (const [k, value] of values.entries()) numbers.write(data, k * bytes, bytes, value);
    return { type, count: values.length, data };
  }
}

function entriesAt(numbers: Numbers, directory: number): TiffEntry[] {
  const [countBytes, entryBytes, offsetBytes] = numbers.sizes;
  const count = Math.min(numbers.read(directory, countBytes), MAX_ENTRIES);
  return Array.from({ length: count }, (_, k) => {
    const at = directory + countBytes + k * entryBytes;
    const type = numbers.read(at + 2, 2);
    const values = numbers.read(at + 4, offsetBytes);
    const isInline = (TYPE_BYTES[type] ?? 0) * values <= offsetBytes;
    const value = at + 4 + offsetBytes;
    return {
      tag: numbers.read(at, 2),
      type,
      count: values,
      at: isInline ? value : numbers.read(value, offsetBytes),
    };
  });
}
