/** Photos in each format that say all that photos say, in either byte order, and what readers are to find in their results. */
import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import type { Format } from '../../../worker/imaging/formats.ts';
import {
  ASCII,
  BYTE,
  LONG,
  RATIONAL,
  SHORT,
  structure,
  text,
  UNDEFINED,
  type Directory,
} from './tiff-builder.ts';

export const [WIDTH, HEIGHT] = [60, 40];
export const CAPTION = 'Grandma at the lake, 1931 – Zürich';
export const PREVIEW = Buffer.from('A PREVIEW WITHOUT COLOUR');
export const MAKER_NOTE = Buffer.from('Leica\0\0\0maker note with offsets of its own');

const directories = (orientation: readonly [type: number, value: number]) => {
  const described: Directory['entries'] = [
    [0x010e, ASCII, text('Grandma')],
    [0x010f, ASCII, text('Leica')],
    [0x0110, ASCII, text('M3')],
    [0x0112, orientation[0], [orientation[1]]],
    [0x011a, RATIONAL, [300, 1]],
    [0x011b, RATIONAL, [150, 1]],
    [0x0128, SHORT, [2]],
    [0x0131, ASCII, text('ScanTool 1.2')],
    [0x0132, ASCII, text('1999:01:02 03:04:05')],
    [0x013b, ASCII, text('Opa')],
    [0x8298, ASCII, text('Museum')],
  ];
  const exif: Directory = {
    entries: [
      [0x9003, ASCII, text('1931:07:01 12:00:00')],
      [0x927c, UNDEFINED, MAKER_NOTE],
      [0xa001, SHORT, [0xffff]],
      [0xa002, SHORT, [WIDTH]],
      [0xa003, SHORT, [HEIGHT]],
      [0xa005, LONG, { entries: [[0x0001, ASCII, text('R03')]] }],
      [0xa434, ASCII, text('Elmar 50')],
    ],
  };
  const gps: Directory = {
    entries: [
      [0x0000, BYTE, [2, 3, 0, 0]],
      [0x0001, ASCII, text('N')],
      [0x0002, RATIONAL, [47, 1, 6, 1, 0, 1]],
      [0x0003, ASCII, text('E')],
      [0x0004, RATIONAL, [8, 1, 6, 1, 0, 1]],
    ],
  };
  return { described, exif, gps };
};

/** EXIF with a thumbnail in its second directory. */
export function exifOf(little: boolean, orientation: readonly [type: number, value: number]): Buffer {
  const { described, exif, gps } = directories(orientation);
  const entries: Directory['entries'] = [...described, [0x8769, LONG, exif], [0x8825, LONG, gps]];
  const made = (at: number): Buffer => {
    const thumbnail: Directory = {
      entries: [
        [0x0201, LONG, [at]],
        [0x0202, LONG, [PREVIEW.length]],
      ],
    };
    return structure({ entries, next: thumbnail }, little);
  };
  return Buffer.concat([made(made(0).length), PREVIEW]);
}

const dataset = (record: number, number: number, value: string) => {
  const bytes = Buffer.from(value, 'utf8');
  return Buffer.concat([Buffer.of(0x1c, record, number, bytes.length >> 8, bytes.length & 0xff), bytes]);
};
export const IPTC = Buffer.concat([
  dataset(1, 90, '\x1b%G'),
  dataset(2, 5, 'The lake'),
  dataset(2, 25, 'lake'),
  dataset(2, 120, CAPTION),
]);

const resource = (id: number, data: Buffer) =>
  Buffer.concat([
    Buffer.from('8BIM', 'latin1'),
    Buffer.of(id >> 8, id & 0xff, 0, 0, 0, 0, data.length >> 8, data.length & 0xff),
    data,
    Buffer.alloc(data.length % 2),
  ]);
/** Photoshop's: a preview, IPTC, a note. */
export const RESOURCES = Buffer.concat([
  resource(0x040c, PREVIEW),
  resource(0x0404, IPTC),
  resource(0x040b, Buffer.from('https://museum.example')),
]);

export const XMP = `<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:lr="http://ns.adobe.com/lightroom/1.0/" xmlns:xmpGImg="http://ns.adobe.com/xap/1.0/g/img/" tiff:Orientation="6" xmp:CreatorTool="ScanTool 1.2" xmp:Rating="4">
<dc:source>Inventory 1931/77</dc:source>
<dc:description><rdf:Alt><rdf:li xml:lang="x-default">${CAPTION}</rdf:li></rdf:Alt></dc:description>
<dc:subject><rdf:Bag><rdf:li>lake</rdf:li></rdf:Bag></dc:subject>
<lr:hierarchicalSubject><rdf:Bag><rdf:li>Places|Lake</rdf:li></rdf:Bag></lr:hierarchicalSubject>
<xmp:Thumbnails><rdf:Alt><rdf:li rdf:parseType="Resource"><xmpGImg:image>${PREVIEW.toString()}</xmpGImg:image></rdf:li></rdf:Alt></xmp:Thumbnails>
</rdf:Description></rdf:RDF></x:xmpmeta>${' '.repeat(2000)}<?xpacket end="w"?>`;

const pngChunk = (type: string, data: Buffer) => {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const ends = Buffer.alloc(8);
  ends.writeUInt32BE(data.length);
  ends.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
};
const segment = (marker: number, ...content: Buffer[]) => {
  const length = content.reduce((sum, { length }) => sum + length, 2);
  return Buffer.concat([Buffer.of(0xff, marker, length >> 8, length & 0xff), ...content]);
};
const latin1 = (value: string) => Buffer.from(value, 'latin1');

/** Grey from dark to light. */
const pixels = () => Buffer.from(Array.from({ length: WIDTH * HEIGHT }, (_, k) => 40 + (k % WIDTH) * 3));
const picture = () =>
  sharp(pixels(), { raw: { width: WIDTH, height: HEIGHT, channels: 1 } }).toColourspace('b-w');

async function jpegOf(exif: Buffer): Promise<Buffer> {
  const file = await picture().jpeg().toBuffer();
  const half = RESOURCES.length >> 1;
  const photoshop = [RESOURCES.subarray(0, half), RESOURCES.subarray(half)];
  return Buffer.concat([
    file.subarray(0, 2),
    segment(0xe0, latin1('JFIF\0\x01\x01\x02\0\x76\0\x3b\0\0')),
    segment(0xe1, latin1('Exif\0\0'), exif),
    segment(0xe1, latin1('http://ns.adobe.com/xap/1.0/\0'), Buffer.from(XMP)),
    ...photoshop.map((part) => segment(0xed, latin1('Photoshop 3.0\0'), part)),
    segment(0xfe, latin1('a comment')),
    // Without a header of its own.
    file.subarray(file[3] === 0xe0 ? 20 : 2),
  ]);
}

async function pngOf(exif: Buffer): Promise<Buffer> {
  const file = await picture().png().toBuffer();
  const profile = `\niptc\n${String(RESOURCES.length).padStart(8)}\n${RESOURCES.toString('hex')}\n`;
  const headEnd = 8 + 25;
  return Buffer.concat([
    file.subarray(0, headEnd),
    pngChunk('pHYs', Buffer.of(0, 0, 0x2e, 0x23, 0, 0, 0x17, 0x11, 1)),
    pngChunk('eXIf', exif),
    pngChunk('tEXt', latin1('Author\0Opa')),
    pngChunk('zTXt', Buffer.concat([latin1('Description\0\0'), deflateSync(latin1('at the lake'))])),
    pngChunk('iTXt', Buffer.concat([latin1('Title\0\0\0de\0Titel\0'), Buffer.from('Am See in Zürich')])),
    pngChunk('iTXt', Buffer.concat([latin1('XML:com.adobe.xmp\0\0\0\0\0'), Buffer.from(XMP)])),
    pngChunk('zTXt', Buffer.concat([latin1('Raw profile type iptc\0\0'), deflateSync(latin1(profile))])),
    file.subarray(headEnd),
  ]);
}

async function webpOf(exif: Buffer): Promise<Buffer> {
  const file = await picture().webp().toBuffer();
  const chunk = (name: string, data: Buffer) => {
    const head = Buffer.alloc(8);
    head.write(name, 'latin1');
    head.writeUInt32LE(data.length, 4);
    return Buffer.concat([head, data, Buffer.alloc(data.length % 2)]);
  };
  const header = Buffer.of(0x0c, 0, 0, 0, WIDTH - 1, 0, 0, HEIGHT - 1, 0, 0);
  const chunks = [
    chunk('VP8X', header),
    file.subarray(12),
    chunk('EXIF', exif),
    chunk('XMP ', Buffer.from(XMP)),
  ];
  const body = Buffer.concat([latin1('WEBP'), ...chunks]);
  const size = Buffer.alloc(4);
  size.writeUInt32LE(body.length);
  return Buffer.concat([latin1('RIFF'), size, body]);
}

/** Of a scan of 16 bits, whose bits below the eighth say something. */
export const PIXELS_16 = Uint16Array.from(
  { length: WIDTH * HEIGHT },
  (_, k) => 700 + ((k * 40_503) % 64_000),
);

/**
 * @param bits of each value
 * @param icc profile of the tones
 */
function tiffOf(
  little: boolean,
  orientation: readonly [type: number, value: number],
  bits: 8 | 16,
  icc: Buffer | undefined,
): Buffer {
  const { described, exif, gps } = directories(orientation);
  const values = bits === 8 ? pixels() : Buffer.from(PIXELS_16.slice().buffer);
  if (bits === 16 && !little) values.swap16();
  const iptc = Buffer.concat([IPTC, Buffer.alloc((4 - (IPTC.length % 4)) % 4)]);
  const entries = (offset: number): Directory['entries'] => [
    [256, SHORT, [WIDTH]],
    [257, SHORT, [HEIGHT]],
    [258, SHORT, [bits]],
    [259, SHORT, [1]],
    [262, SHORT, [1]],
    [273, LONG, [offset]],
    [277, SHORT, [1]],
    [278, SHORT, [HEIGHT]],
    [279, LONG, [values.length]],
    ...described,
    [700, BYTE, Buffer.from(XMP)],
    [33_723, LONG, iptc],
    [34_377, BYTE, RESOURCES],
    ...(icc ? ([[34_675, UNDEFINED, icc]] satisfies Directory['entries']) : []),
    [37_724, UNDEFINED, PREVIEW],
    [0x8769, LONG, exif],
    [0x8825, LONG, gps],
  ];
  const sorted = (offset: number) => [...entries(offset)].sort(([one], [other]) => one - other);
  const head = structure({ entries: sorted(0) }, little);
  return Buffer.concat([structure({ entries: sorted(head.length) }, little), values]);
}

/**
 * @param orientation type and value of the tag
 * @param bits of each value; 16 are a TIFF's
 * @param icc profile of the tones of a TIFF
 */
export async function photoWithMetadata(
  format: Format,
  little: boolean,
  orientation: readonly [type: number, value: number] = [SHORT, 6],
  bits: 8 | 16 = 8,
  icc?: Buffer,
): Promise<Buffer> {
  if (format === 'tiff') return tiffOf(little, orientation, bits, icc);
  const exif = exifOf(little, orientation);
  return format === 'jpeg' ? jpegOf(exif) : format === 'png' ? pngOf(exif) : webpOf(exif);
}
