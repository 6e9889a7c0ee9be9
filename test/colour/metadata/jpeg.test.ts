/** Metadata of JPEG files: as sharp reads and writes it, and in files built by hand. */
import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it, vi } from 'vitest';
import { readJpeg, writeJpeg } from '../../../colour/metadata/jpeg.ts';
import { Collection, LIMITS, type Metadata } from '../../../colour/metadata/metadata.ts';

const FACTS = { width: 6, height: 4, provenance: { source: 'v1', isColoured: true } };
const blank = () => sharp({ create: { width: 6, height: 4, channels: 3, background: '#777' } });
const withMake = (make: string) =>
  blank()
    .jpeg()
    .withExif({ IFD0: { Make: make } })
    .toBuffer();
const read = (file: Uint8Array) => readJpeg(file, new Collection());
const write = (file: Uint8Array, metadata: Metadata) => Buffer.from(writeJpeg(file, metadata, FACTS));

describe('EXIF of a JPEG', () => {
  it('is read as sharp reads it', async () => {
    const file = await withMake('Leica');
    const { exif } = await sharp(file).metadata();
    expect(Buffer.from(read(file).exif!)).toEqual(exif!.subarray(6));
  });

  it('is inserted, or replaces that of the file', async () => {
    const metadata = read(await withMake('Leica'));
    for (const file of [await blank().jpeg().toBuffer(), await withMake('Rolleiflex')]) {
      const made = write(file, metadata);
      const { exif } = await sharp(made).metadata();
      expect([exif!.includes('Leica'), made.includes('Rolleiflex')]).toEqual([true, false]);
      expect(await sharp(made, { failOn: 'warning' }).raw().toBuffer()).toEqual(
        await sharp(file).raw().toBuffer(),
      );
    }
  });

  it('is not found in, and does not hang on, what is cut off or damaged', async () => {
    const file = await withMake('Leica');
    fc.assert(
      fc.property(fc.nat(file.length), fc.nat(file.length - 1), fc.nat(255), (length, at, value) => {
        const damaged = Uint8Array.from(file);
        damaged[at] = value;
        const found = read(damaged.subarray(0, length));
        expect((found.exif?.length ?? 0) <= length).toBe(true);
        write(file, found);
      }),
      { seed: 3, numRuns: 300 },
    );
  });
});

describe('the segments of a head', () => {
  const segment = (marker: number, ...content: number[]) => [
    0xff,
    marker,
    (content.length + 2) >> 8,
    (content.length + 2) & 0xff,
    ...content,
  ];
  const letters = (text: string) => Array.from(text, (letter) => letter.charCodeAt(0));
  const exif = (...content: number[]) => segment(0xe1, ...letters('Exif\0\0'), ...content);
  const START = [0xff, 0xd8];
  const SCAN = segment(0xda, 1);
  const TABLES = segment(0xdb, 1, 2);
  const file = (...parts: number[][]) => Uint8Array.from(parts.flat());
  const found = (...parts: number[][]) => [...(read(file(...parts)).exif ?? [])];

  it('are searched for EXIF, past other segments, comments and fill bytes', () => {
    const other = segment(0xe1, ...letters('http:/'));
    const before = [START, segment(0xe0, 1), other, segment(0xfe, 2), TABLES, segment(0xef, 3), [0xff, 0xff]];
    expect(found(...before, exif(9, 8))).toEqual([9, 8]);
    expect(found(START, exif(9), exif(8))).toEqual([9]);
  });

  it.each([
    ['after the first scan', file(START, SCAN, exif(9))],
    ['in a segment of another application', file(START, segment(0xe2, ...letters('Exif\0\0'), 9))],
    ['after bytes that are no segment', file(START, [0, 0, 0, 4, 1, 1], exif(9))],
    ['after a segment shorter than its length', file(START, [0xff, 0xe0, 0, 1], exif(9))],
    ['in a segment that is cut off', file(START, exif(9)).slice(0, -1)],
    ['in a prefix that is cut off', file(START, segment(0xe1, ...letters('Exif')), [0, 0, 0, 0])],
    ['in a file that starts with another byte', file([0xfe, 0xd8], exif(9))],
    ['in a file that starts with another marker', file([0xff, 0xd9], exif(9))],
  ])('have none %s', (_where, bytes) => {
    expect(read(bytes).exif).toBeUndefined();
  });

  it('of texts stay as they are, those of the pixels go', () => {
    const kept = [segment(0xfe, 1), segment(0xec, ...letters('Ducky')), segment(0xe3, 3), segment(0xea, 4)];
    const other = [segment(0xe2, 5), segment(0xee, 6), segment(0xeb, 7), segment(0xe0, ...letters('JFXX\0'))];
    const { parts } = read(file(START, ...kept, ...other, SCAN));
    expect(parts.map((part) => [...part])).toEqual(kept);
  });

  it('of a result keep its tables and its profile, after the metadata', () => {
    const profile = segment(0xe2, ...letters('ICC_PROFILE\0'));
    const own = [exif(1), segment(0xe0, ...letters('JFIF\0')), segment(0xfe, 2), segment(0xed, 3)];
    const rest = [...profile, ...TABLES, ...SCAN, 0xff, 0xd9];
    const made = write(file(START, ...own, rest), { parts: [file(segment(0xfe, 9))], turned: false });
    const jfif = segment(0xe0, ...letters('JFIF\0'), 1, 2, 0, 0, 1, 0, 1, 0, 0);
    expect([...made.subarray(0, 2 + jfif.length)]).toEqual([...START, ...jfif]);
    expect([...made.subarray(-rest.length - 5)]).toEqual([...segment(0xfe, 9), ...rest]);
    expect(made.includes('http://ns.adobe.com/xap/1.0/\0')).toBe(true);
    expect([...made.subarray(2 + jfif.length, 6 + jfif.length)].slice(0, 2)).toEqual([0xff, 0xe1]);
  });

  it('are no more than the limits allow, and what is left out is said', () => {
    const collection = new Collection();
    const comment = Buffer.alloc(0x10001, ' ');
    comment.writeUInt32BE(0xfffeffff);
    const { parts } = readJpeg(Buffer.concat([file(START), ...Array<Buffer>(20).fill(comment)]), collection);
    expect(parts.length).toBe(Math.floor(LIMITS.text / 0x10001));
    expect([...collection.leftOut]).toEqual(['text']);
    const many = read(file(START, ...Array.from({ length: 300 }, () => segment(0xfe, 1))));
    expect(many.parts.length).toBe(200);
  });
});

describe('XMP of a JPEG', () => {
  const NAME = 'http://ns.adobe.com/xap/1.0/\0';
  const segment = (name: string, content: string) => {
    const head = Buffer.of(0xff, 0xe1, 0, 0);
    head.writeUInt16BE(2 + name.length + content.length, 2);
    return Buffer.concat([head, Buffer.from(name + content, 'latin1')]);
  };
  const packet = (label: string) =>
    `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:note="http://ns.adobe.com/xmp/note/" note:HasExtendedXMP="0123" xmp:Label="${label}"/></rdf:RDF>`;
  const photo = (...segments: Buffer[]) => Buffer.concat([Buffer.of(0xff, 0xd8), ...segments]);

  it('that goes on in further segments keeps them byte for byte', async () => {
    const extended = ['0123\0\0\x01\0\0\0\0\0one', '0123\0\0\x01\0\0\0\0\x03two'].map((part) =>
      segment('http://ns.adobe.com/xmp/extension/\0', part),
    );
    const made = write(await blank().jpeg().toBuffer(), read(photo(segment(NAME, packet('a')), ...extended)));
    expect(made.includes(Buffer.concat(extended))).toBe(true);
    expect((await sharp(made).metadata()).xmp!.toString()).toContain('note:HasExtendedXMP="0123"');
  });

  it('costs no more where further packets follow', () => {
    const encode = vi.spyOn(TextEncoder.prototype, 'encode');
    const long = segment(NAME, packet('x'.repeat(50_000)));
    const encodings = (further: number) => {
      encode.mockClear();
      const file = photo(long, ...Array<Buffer>(further).fill(segment(NAME, '')));
      expect(read(file).xmp?.text.length).toBeGreaterThan(50_000);
      return encode.mock.calls.length;
    };
    expect(encodings(100)).toBe(encodings(0));
    encode.mockRestore();
  });

  it('is no longer searched for behind so much of it that is damaged', () => {
    const bytes = 1 << 15;
    const damaged = segment(NAME, '<'.repeat(bytes));
    const after = (count: number) =>
      read(photo(...Array<Buffer>(count).fill(damaged), segment(NAME, packet('a')))).xmp;
    const most = LIMITS.xmp / bytes;
    expect([after(most - 1)?.text, after(most)]).toEqual([packet('a'), undefined]);
  });

  it.each([
    ['all of ours', 50_000, true, true],
    ['the ETag alone', 64_500, true, false],
    ['none of ours: it is left out', 65_000, false, true],
  ])('has room for %s', async (_what, length, isKept, hasAll) => {
    const collection = new Collection();
    const file = photo(segment(NAME, packet('x'.repeat(length - packet('').length))));
    const made = write(await blank().jpeg().toBuffer(), readJpeg(file, collection));
    const xmp = (await sharp(made).metadata()).xmp!.toString();
    expect([...collection.leftOut]).toEqual(isKept ? [] : ['xmp']);
    expect([xmp.includes('xxxxx'), xmp.includes('SourceETag>v1<'), xmp.includes('ddcolor:Software')]).toEqual(
      [isKept, true, hasAll],
    );
  });
});

describe('density', () => {
  const jfif = (unit: number, x: number, y: number) =>
    Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 16, 74, 70, 73, 70, 0, 1, 1, unit, x >> 8, x & 255, y >> 8, y & 255, 0, 0); // prettier-ignore

  it.each([
    [0, 3, 2, { x: 3, y: 2, unit: 'none' }],
    [1, 300, 150, { x: 300, y: 150, unit: 'inch' }],
    [2, 118, 118, { x: 118, y: 118, unit: 'centimetre' }],
    [3, 1, 1, undefined],
    [1, 0, 1, undefined],
  ])('of unit %d, %d x %d, is %o', (unit, x, y, density) => {
    expect(read(jfif(unit, x, y)).density).toEqual(density);
  });

  it('is written with its unit, and turned with the picture', async () => {
    const file = await blank().jpeg().toBuffer();
    const metadata = read(jfif(2, 118, 59));
    expect(read(write(file, metadata)).density).toEqual(metadata.density);
    expect(read(write(file, { ...metadata, turned: true })).density).toMatchObject({ x: 59, y: 118 });
  });

  it('is that of EXIF where the header has none', async () => {
    const file = await blank().withMetadata({ density: 240 }).jpeg().toBuffer();
    const { exif } = read(file);
    const made = write(await blank().jpeg().toBuffer(), { exif, parts: [], turned: false });
    expect(read(made).density).toEqual({ x: 240, y: 240, unit: 'inch' });
  });
});
