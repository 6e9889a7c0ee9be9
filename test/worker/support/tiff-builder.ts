/** TIFF structures built by hand, in either byte order: EXIF, and whole files. */

/** A value: numbers of the type, bytes, or a directory that the tag leads to. */
export type Value = readonly number[] | Buffer | Directory;
export interface Directory {
  entries: readonly (readonly [tag: number, type: number, value: Value])[];
  /** The one after it: of a thumbnail, or of the next page. */
  next?: Directory;
}

export const [BYTE, ASCII, SHORT, LONG, RATIONAL, UNDEFINED] = [1, 2, 3, 4, 5, 7];
const SIZES: Record<number, number> = { 1: 1, 2: 1, 3: 2, 4: 4, 5: 4, 6: 1, 7: 1, 8: 2, 9: 4 };
export const text = (value: string) => Buffer.from(`${value}\0`, 'utf8');

const isDirectory = (value: Value): value is Directory => !Array.isArray(value) && !Buffer.isBuffer(value);

/** @param little whether the lowest byte comes first */
export function structure(first: Directory, little: boolean): Buffer {
  const parts: Buffer[] = [Buffer.from(little ? 'II*\0\0\0\0\0' : 'MM\0*\0\0\0\0', 'latin1')];
  let length = 8;
  const number = (value: number, size: number) => {
    const bytes = Buffer.alloc(size);
    if (size > 0) bytes[little ? 'writeUIntLE' : 'writeUIntBE'](value, 0, size);
    return bytes;
  };
  const append = (part: Buffer) => {
    const at = length;
    const even = Buffer.concat([part, Buffer.alloc(part.length % 2)]);
    parts.push(even);
    length += even.length;
    return at;
  };
  const directory = ({ entries, next }: Directory): number => {
    const packed = entries.map(([tag, type, value]) => {
      if (isDirectory(value)) return [tag, type, 1, number(directory(value), 4)] as const;
      const size = SIZES[type]!;
      const bytes = Buffer.isBuffer(value) ? value : Buffer.concat(value.map((one) => number(one, size)));
      return [tag, type, bytes.length / (type === RATIONAL ? 8 : size), bytes] as const;
    });
    const after = next ? directory(next) : 0;
    const rows = packed.map(([tag, type, count, bytes]) => {
      const inline =
        bytes.length <= 4 ? Buffer.concat([bytes, Buffer.alloc(4)], 4) : number(append(bytes), 4);
      return Buffer.concat([number(tag, 2), number(type, 2), number(count, 4), inline]);
    });
    return append(Buffer.concat([number(rows.length, 2), ...rows, number(after, 4)]));
  };
  const at = directory(first);
  number(at, 4).copy(parts[0]!, 4);
  return Buffer.concat(parts);
}
