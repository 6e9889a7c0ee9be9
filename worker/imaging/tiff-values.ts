/** Values of TIFF tags, and directories written after a file. TIFF 6.0, section 2. */
import { joined, viewOf } from '../../colour/metadata/bytes.ts';
import { TiffDirectory, TYPE_BYTES, type TiffEntry } from './tiff-entries.ts';

/** A tag with its value, lowest byte first. */
export interface Tag {
  tag: number;
  type: number;
  count: number;
  value: Uint8Array;
}

export const TYPES = { byte: 1, ascii: 2, short: 3, long: 4, rational: 5 };
/** RATIONAL and SRATIONAL: two numbers each. */
const RATIONALS = [5, 10];
/** Of the classic format: a result has no others. */
const LAST_TYPE = 13;
const ENTRY_BYTES = 12;
/** Photos have some dozens. */
const MAX_TAGS = 1000;

/** A directory of a file, and those that it leads to. */
export class TagReader {
  readonly isLittle: boolean;
  readonly entries: ReadonlyMap<number, TiffEntry>;

  private constructor(
    private readonly file: Buffer,
    directory: TiffDirectory,
  ) {
    this.isLittle = directory.isLittle;
    this.entries = firstOfEach(directory.entries);
  }

  /** @returns undefined where the directory is damaged */
  static of(file: Buffer, position?: number): TagReader | undefined {
    const directory = TiffDirectory.of(file, position);
    return directory && directory.entries.length <= MAX_TAGS ? new TagReader(file, directory) : undefined;
  }

  /** @returns the first number of an entry; 0 where there is none */
  number(tag: number): number {
    const entry = this.entries.get(tag);
    const value = entry && this.tag({ ...entry, count: Math.min(entry.count, 1) })?.value;
    if (!value?.length) return 0;
    return value.reduceRight((sum, byte) => sum * 256 + byte, 0);
  }

  lengthOf = ({ type, count }: TiffEntry): number => (TYPE_BYTES[type] ?? 8) * count;

  /** @returns a copy; undefined for a type that the classic format does not have, or outside of the file */
  tag(entry: TiffEntry): Tag | undefined {
    const { tag, type, count, at } = entry;
    const end = at + this.lengthOf(entry);
    const unit = RATIONALS.includes(type) ? 4 : TYPE_BYTES[type];
    if (!unit || type > LAST_TYPE || end > this.file.length) return undefined;
    const value = Uint8Array.from(this.file.subarray(at, end));
    return { tag, type, count, value: this.isLittle ? value : reversed(value, unit) };
  }
}

function firstOfEach(entries: readonly TiffEntry[]): Map<number, TiffEntry> {
  const found = new Map<number, TiffEntry>();
  for (const entry of entries) if (!found.has(entry.tag)) found.set(entry.tag, entry);
  return found;
}

/** @param unit bytes of each number */
export function reversed(value: Uint8Array, unit: number): Uint8Array {
  for (let at = 0; unit > 1 && at + unit <= value.length; at += unit) value.subarray(at, at + unit).reverse();
  return value;
}

export const longTag = (tag: number, value: number): Tag => {
  const bytes = new Uint8Array(4);
  viewOf(bytes).setUint32(0, value, true);
  return { tag, type: TYPES.long, count: 1, value: bytes };
};

export const shortTag = (tag: number, value: number): Tag => ({
  tag,
  type: TYPES.short,
  count: 1,
  value: Uint8Array.of(value & 0xff, value >> 8),
});

export const bytesTag = (tag: number, value: Uint8Array): Tag => ({
  tag,
  type: TYPES.byte,
  count: value.length,
  value,
});

/** Appends directories to a file whose numbers have their lowest byte first; its header is changed in place. */
export class TagWriter {
  private readonly parts: Uint8Array[];
  private length: number;

  constructor(file: Uint8Array) {
    this.parts = [file];
    this.length = file.length;
  }

  private append(part: Uint8Array): number {
    if (this.length % 2) this.push(new Uint8Array(1));
    const at = this.length;
    this.push(part);
    return at;
  }

  private push(part: Uint8Array): void {
    this.parts.push(part);
    this.length += part.length;
  }

  /** @returns the position of the directory */
  directory(tags: readonly Tag[]): number {
    const sorted = [...tags].sort((a, b) => a.tag - b.tag);
    const bytes = new Uint8Array(2 + ENTRY_BYTES * sorted.length + 4);
    const view = viewOf(bytes);
    view.setUint16(0, sorted.length, true);
    sorted.forEach(({ tag, type, count, value }, k) => {
      const entry = 2 + ENTRY_BYTES * k;
      view.setUint16(entry, tag, true);
      view.setUint16(entry + 2, type, true);
      view.setUint32(entry + 4, count, true);
      if (value.length <= 4) bytes.set(value, entry + 8);
      else view.setUint32(entry + 8, this.append(value), true);
    });
    return this.append(bytes);
  }

  /** @param first position of the first directory */
  finish(first: number): Uint8Array<ArrayBuffer> {
    viewOf(this.parts[0]!).setUint32(4, first, true);
    return joined(this.parts);
  }
}
