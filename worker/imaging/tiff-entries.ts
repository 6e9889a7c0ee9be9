/**
 * The entries of a TIFF's directory, and a file with another directory in its place: so that a decoder returns samples as they
 * are stored. TIFF 6.0, section 2; BigTIFF.
 */
import { unlessOutside } from '../../colour/metadata/bytes.ts';

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
export const TYPE_BYTES: readonly number[] = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8];
/** BYTE, SHORT, LONG, LONG8, the same with signs, IFD and IFD8: the decoder takes any of them for any number. */
const INTEGERS = new Set([1, 3, 4, 16, 6, 8, 9, 17, 13, 18]);
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
  /** Where the header has the position of the first directory. */
  readonly firstAt: number;

  constructor(readonly body: Buffer) {
    this.isLittle = body[0] === 0x49;
    this.isBig = (this.isLittle ? body[2] : body[3]) === 0x2b;
    this.sizes = this.isBig ? [8, 20, 8] : [2, 12, 4];
    this.firstAt = this.isBig ? 8 : 4;
  }

  /** Position of the first directory. @throws RangeError as {@link read} */
  first = (): number => this.read(this.firstAt, this.sizes[2]);

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
    /** Entries that it says it has; at most {@link MAX_ENTRIES} are read. */
    readonly count: number,
    /** Position of the next one; 0 where there is none. */
    readonly next: number,
  ) {}

  /**
   * @param position of a directory in the file; by default the first one
   * @returns undefined where it is damaged
   */
  static of(body: Buffer, position?: number): TiffDirectory | undefined {
    const numbers = new Numbers(body);
    return unlessOutside(() => TiffDirectory.at(numbers, position ?? numbers.first()));
  }

  /** @returns the position of a file's first directory; 0 where there is none */
  static firstOf(body: Buffer): number {
    const numbers = new Numbers(body);
    return unlessOutside(() => numbers.first()) ?? 0;
  }

  private static at(numbers: Numbers, position: number): TiffDirectory {
    const [countBytes, entryBytes, offsetBytes] = numbers.sizes;
    const count = numbers.read(position, countBytes);
    const start = position + countBytes;
    const entries = Array.from({ length: Math.min(count, MAX_ENTRIES) }, (_, k) =>
      entryAt(numbers, start + k * entryBytes),
    );
    const next = unlessOutside(() => numbers.read(start + count * entryBytes, offsetBytes)) ?? 0;
    return new TiffDirectory(numbers, entries, count, next);
  }

  /** @returns the same directory with these of its entries alone */
  only(entries: readonly TiffEntry[]): TiffDirectory {
    return new TiffDirectory(this.numbers, entries, entries.length, this.next);
  }

  get isLittle(): boolean {
    return this.numbers.isLittle;
  }

  /** @returns the numbers of a tag; none where the directory does not have it, or where it has other values */
  values(tag: number): number[] {
    const entry = this.entries.find((one) => one.tag === tag);
    return (entry && unlessOutside(() => this.numbersOf(entry))) ?? [];
  }

  /**
   * @param most how many
   * @returns the numbers of an entry; none where it has other values
   * @throws RangeError outside of the file
   */
  numbersOf({ type, count, at }: TiffEntry, most = MAX_VALUES): number[] {
    if (!INTEGERS.has(type)) return [];
    const bytes = TYPE_BYTES[type]!;
    return Array.from({ length: Math.min(count, most) }, (_, k) => this.numbers.read(at + k * bytes, bytes));
  }

  /**
   * @param changed entries in place of its own with their tags; one without values removes those
   * @param between put after the file, before the directory
   * @returns the file with this one directory
   */
  fileWith(changed: readonly NewEntry[], between: Buffer = Buffer.of()): Buffer {
    const { numbers, entries } = this;
    const [countBytes, entryBytes, offsetBytes] = numbers.sizes;
    const tags = new Set(changed.map(({ tag }) => tag));
    const all = [...entries.filter(({ tag }) => !tags.has(tag)), ...changed]
      .filter((entry) => !('values' in entry) || entry.values.length > 0)
      .sort((one, other) => one.tag - other.tag);
    const { body } = numbers;
    const end = body.length + between.length;
    const start = end + (end % 2);
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
    const file = Buffer.concat([body, between, Buffer.alloc(start - end), directory, ...extra]);
    numbers.write(file, numbers.firstAt, offsetBytes, start);
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

function entryAt(numbers: Numbers, at: number): TiffEntry {
  const [, , offsetBytes] = numbers.sizes;
  const type = numbers.read(at + 2, 2);
  const count = numbers.read(at + 4, offsetBytes);
  const isInline = (TYPE_BYTES[type] ?? 0) * count <= offsetBytes;
  const value = at + 4 + offsetBytes;
  return {
    tag: numbers.read(at, 2),
    type,
    count,
    at: isInline ? value : numbers.read(value, offsetBytes),
  };
}
