/** Writes uncompressed TIFFs of any bands. TIFF 6.0. */

export interface TiffBands {
  width: number;
  /** Interleaved. */
  data: Uint8Array | Uint16Array;
  bands: number;
  photometric: number;
  /** Kinds of the bands beyond the colours. @default none, no tag */
  extra?: number[];
  /** Whether each band is stored on its own. @default false */
  planar?: boolean;
  icc?: Uint8Array;
}

const [SHORT, LONG, UNDEFINED] = [3, 4, 7];

export function writeTiff({
  width,
  data,
  bands,
  photometric,
  extra = [],
  planar = false,
  icc,
}: TiffBands): Buffer {
  const count = data.length / bands;
  const bytes = data.BYTES_PER_ELEMENT;
  const pixels = planar ? data.map((_, i) => data[(i % count) * bands + Math.floor(i / count)]!) : data;
  const height = count / width;
  const planes = planar ? bands : 1;
  const planeBytes = pixels.byteLength / planes;
  const parts: Buffer[] = [Buffer.from(pixels.buffer, pixels.byteOffset, pixels.byteLength)];
  let at = 8 + parts[0]!.length;
  const put = (part: Buffer): number => {
    const start = at;
    parts.push(part, Buffer.alloc(part.length % 2));
    at += part.length + (part.length % 2);
    return start;
  };
  const entry = (tag: number, type: number, values: ArrayLike<number>): Buffer => {
    const size = type === SHORT ? 2 : type === LONG ? 4 : 1;
    const body = Buffer.alloc(Math.max(4, values.length * size));
    for (let k = 0; k < values.length; k++) body.writeUIntLE(values[k]!, k * size, size);
    const head = Buffer.alloc(12);
    head.writeUInt16LE(tag, 0);
    head.writeUInt16LE(type, 2);
    head.writeUInt32LE(values.length, 4);
    if (body.length > 4) head.writeUInt32LE(put(body), 8);
    else body.copy(head, 8);
    return head;
  };
  const each = Array.from({ length: planes }, (_, k) => 8 + k * planeBytes);
  const entries = [
    entry(256, LONG, [width]),
    entry(257, LONG, [height]),
    entry(258, SHORT, Array(bands).fill(8 * bytes)),
    entry(259, SHORT, [1]),
    entry(262, SHORT, [photometric]),
    entry(273, LONG, each),
    entry(277, SHORT, [bands]),
    entry(278, LONG, [height]),
    entry(
      279,
      LONG,
      each.map(() => planeBytes),
    ),
    entry(284, SHORT, [planar ? 2 : 1]),
    ...(extra.length > 0 ? [entry(338, SHORT, extra)] : []),
    ...(icc ? [entry(34_675, UNDEFINED, icc)] : []),
  ];
  const head = Buffer.alloc(8);
  head.write('II*\0', 'latin1');
  head.writeUInt32LE(at + (at % 2), 4);
  const number = Buffer.alloc(2);
  number.writeUInt16LE(entries.length);
  const align = Buffer.alloc(at % 2);
  return Buffer.concat([head, ...parts, align, number, ...entries, Buffer.alloc(4)]);
}
