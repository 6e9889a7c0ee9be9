/** Metadata of TIFF files of kinds that need care: 64-bit offsets, further directories, places, damage. */
import ExifReader from 'exifreader';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { readMetadata, writeMetadata } from '../../worker/imaging/metadata.ts';
import { TiffDirectory } from '../../worker/imaging/tiff-entries.ts';
import { fixture } from './support/fixtures.ts';
import { resultOf } from './support/results.ts';
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
} from './support/tiff-builder.ts';

const SIZE = { width: 6, height: 4 };
const result = sharp({ create: { ...SIZE, channels: 3, background: '#a76' } })
  .tiff()
  .toBuffer();

const PIXELS: Directory['entries'] = [
  [256, SHORT, [6]],
  [257, SHORT, [4]],
];
/** What is read of a file with such a directory, and its result. */
async function copied(photo: Buffer, directory?: number) {
  const { metadata, leftOut } = await readMetadata(photo, 'tiff', undefined, directory);
  const provenance = { source: 'v1', isColoured: true };
  const file = writeMetadata(Buffer.from(await result), 'tiff', metadata, SIZE, provenance);
  await sharp(file, { failOn: 'warning' }).raw().toBuffer();
  const { exif = {}, iptc, gps } = ExifReader.load(file, { expanded: true, includeUnknown: true });
  return { exif, iptc, gps, leftOut, file };
}
const tagsOf = (entries: Directory['entries'], little = true) =>
  copied(structure({ entries: [...PIXELS, ...entries] }, little));

describe.each([true, false])('with the lowest byte first: %s', (little) => {
  it('IPTC is a stream of bytes, whatever the order in which it was written', async () => {
    const stream = Buffer.from('\x1c\x02\x78\0\x05hello\0\0', 'latin1');
    for (const iptc of [stream, Buffer.from(stream).swap32()]) {
      for (const type of [LONG, UNDEFINED, BYTE]) {
        if (type !== LONG && iptc !== stream) continue;
        // The builder writes bytes as they are: a reader takes them for numbers of the file's order.
        const ordered = type === LONG && !little ? Buffer.from(iptc).swap32() : iptc;
        const found = (await tagsOf([[33_723, type, ordered]], little)).iptc;
        expect(found?.['Caption/Abstract']?.description).toBe('hello');
      }
    }
  });

  it('a comment in Unicode gets the order of the result', async () => {
    const letters = Buffer.from('Zürich', 'utf16le');
    const comment = Buffer.concat([Buffer.from('UNICODE\0'), little ? letters : letters.swap16()]);
    const { file } = await tagsOf([[34_665, LONG, { entries: [[37_510, UNDEFINED, comment]] }]], little);
    expect(file.includes(Buffer.concat([Buffer.from('UNICODE\0'), Buffer.from('Zürich', 'utf16le')]))).toBe(
      true,
    );
  });
});

it('tags of the pixels, of layers and of inks go; texts and ratings stay', async () => {
  const { exif } = await tagsOf([
    [266, SHORT, [2]],
    [269, ASCII, text('a document')],
    [316, ASCII, text('a computer')],
    [333, ASCII, text('ink')],
    [18_246, SHORT, [4]],
    [33_432, ASCII, text('Museum')],
    [37_724, UNDEFINED, Buffer.from('layers')],
    [40_091, BYTE, Buffer.from('See\0', 'utf16le')],
    [50_706, BYTE, [1, 4, 0, 0]],
    [65_000, ASCII, text('ours')],
    [65_001, LONG, [8]],
  ]);
  expect(Object.keys(exif)).toEqual(
    expect.arrayContaining(['DocumentName', 'HostComputer', 'Rating', 'Copyright', 'XPTitle', 'OwnerName']),
  );
  for (const tag of ['FillOrder', 'InkNames', 'ImageSourceData', 'DNGVersion', 'undefined-65001'])
    expect(exif).not.toHaveProperty(tag);
});

it('positions on the Earth stay, unless the picture was turned or has another size', async () => {
  const hasScale = ({ exif }: Awaited<ReturnType<typeof copied>>) =>
    Object.values(exif).some((tag) => (tag as { id?: number }).id === 33_550);
  const scale: Directory['entries'] = [[33_550, RATIONAL, [1, 2]]];
  expect(hasScale(await tagsOf(scale))).toBe(true);
  expect(hasScale(await tagsOf([[274, SHORT, [6]], ...scale]))).toBe(false);
  const other = structure({ entries: [[256, SHORT, [3]], [257, SHORT, [4]], ...scale] }, true);
  expect(hasScale(await copied(other))).toBe(false);
});

it('of a file whose picture is not in the first directory, both are read', async () => {
  const picture: Directory = { entries: [...PIXELS, [270, ASCII, text('the picture')]] };
  const thumbnail: Directory['entries'] = [
    [256, SHORT, [1]],
    [257, SHORT, [1]],
    [270, ASCII, text('the thumbnail')],
    [315, ASCII, text('Opa')],
  ];
  const file = structure({ entries: thumbnail, next: picture }, true);
  const first = file.readUInt32LE(4);
  const second = file.readUInt32LE(first + 2 + 12 * thumbnail.length);
  const { exif } = await copied(file, second);
  expect([exif['ImageDescription']?.description, exif['Artist']?.description]).toEqual([
    'the picture',
    'Opa',
  ]);
});

it('of a picture that is completed before it is read is its own', async () => {
  const file = fixture('thumb_first.tif');
  const first = file.readUInt32LE(4);
  const second = TiffDirectory.of(file, TiffDirectory.of(file, first)!.next)!;
  const valueOf = (tag: number) => second.entries.find((entry) => entry.tag === tag)!.at;
  // No rows in a strip: the decoder refuses that.
  file.writeUInt32LE(0, valueOf(278));
  file.write('picture.ini\0', valueOf(305), 'latin1');
  const { file: result } = await resultOf(file);
  const { exif = {} } = ExifReader.load(result, { expanded: true });
  expect(exif['Software']?.description).toBe('picture.ini');
});

it('of a file with 64-bit offsets is read', async () => {
  const file = Buffer.alloc(16 + 8 + 20 * 2 + 8 + 20);
  file.write('II+\0\x08\0\0\0', 'latin1');
  file.writeBigUInt64LE(16n, 8);
  file.writeBigUInt64LE(2n, 16);
  const artist = 'Grandfather Opa\0';
  const entry = (at: number, tag: number, type: number, count: number, value: number) => {
    file.writeUInt16LE(tag, at);
    file.writeUInt16LE(type, at + 2);
    file.writeBigUInt64LE(BigInt(count), at + 4);
    file.writeBigUInt64LE(BigInt(value), at + 12);
  };
  entry(24, 315, 2, artist.length, 72);
  entry(44, 33_432, 2, 4, 0x00_6d_75_4d);
  file.write(artist, 72);
  const { exif } = await copied(file);
  expect([exif['Artist']?.description, exif['Copyright']?.description]).toEqual(['Grandfather Opa', 'Mum']);
});

describe('damage', () => {
  it('of one tag leaves out that tag', async () => {
    const file = structure(
      { entries: [...PIXELS, [270, ASCII, text('a long text')], [315, ASCII, text('Opa')]] },
      true,
    );
    const directory = file.readUInt32LE(4);
    file.writeUInt32LE(9999, directory + 2 + 12 * 2 + 8);
    const { exif, leftOut } = await copied(file);
    expect([exif['ImageDescription'], exif['Artist']?.description, leftOut]).toEqual([
      undefined,
      'Opa',
      ['tags'],
    ]);
  });

  it.each([
    ['a directory outside of the file', [34_665, LONG, [99_999]]],
    ['a directory of the header', [34_665, LONG, [0]]],
    ['XMP that is none', [700, BYTE, Buffer.from('<a>')]],
  ] as const)('of the kind "%s" is said', async (_what, entry) => {
    expect((await tagsOf([entry, [315, ASCII, text('Opa')]])).leftOut).toHaveLength(1);
  });

  it('of the first directory leaves out everything', async () => {
    expect((await copied(Buffer.from('II*\0\xff\0\0\0'))).leftOut).toEqual(['tags']);
  });

  it('a directory that leads to itself ends', async () => {
    const file = structure({ entries: [...PIXELS, [34_665, LONG, [8]], [34_853, LONG, [8]]] }, true);
    await copied(file);
  });

  it('values beyond the limit are left out', async () => {
    const { leftOut, file } = await tagsOf([[270, ASCII, Buffer.alloc(5 << 20, 'x')]]);
    expect([leftOut, file.length < 1e5]).toEqual([['tags'], true]);
  });
});
