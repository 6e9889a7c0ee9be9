/** Metadata of PNG files: texts packed and plain, bombs, damaged chunks, raw profiles. */
import { deflateSync, inflateSync } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { crc32 } from '../../../colour/metadata/crc32.ts';
import { Collection, type Metadata } from '../../../colour/metadata/metadata.ts';
import { readPng, writePng } from '../../../colour/metadata/png.ts';
import { chunk, latin1 } from '../../../tools/hostile/containers.ts';

const blank = sharp({ create: { width: 6, height: 4, channels: 3, background: '#777' } })
  .png()
  .toBuffer();
const FACTS = { width: 6, height: 4, provenance: { source: 'v1', isColoured: true } };
const inflate = async (packed: Uint8Array, most: number) => {
  try {
    return inflateSync(packed, { maxOutputLength: most });
  } catch {
    return undefined;
  }
};

async function read(...chunks: Buffer[]) {
  const collection = new Collection();
  const metadata = await readPng(
    Buffer.concat([latin1('\x89PNG\r\n\x1a\n'), ...chunks]),
    collection,
    inflate,
  );
  return { metadata, leftOut: [...collection.leftOut] };
}
const packed = (keyword: string, text: string) =>
  chunk('zTXt', Buffer.concat([latin1(`${keyword}\0\0`), deflateSync(latin1(text))]));
const profile = (kind: string, content: Buffer) =>
  `\n${kind}\n${String(content.length).padStart(8)}\n${content.toString('hex').replace(/.{72}/g, '$&\n')}\n`;
const write = async (metadata: Metadata) => Buffer.from(writePng(await blank, metadata, FACTS));

it('the checksum is that of the format', () => {
  expect(crc32(latin1('IEND'))).toBe(0xae426082);
});

describe('texts', () => {
  it('stay as they are, with new checksums', async () => {
    const chunks = [
      chunk('tEXt', latin1('Author\0Opa')),
      packed('Comment', 'x'.repeat(5000)),
      chunk('iTXt', latin1('Title\0\0\0de\0Titel\0See')),
      chunk('tIME', Buffer.of(7, 207, 1, 2, 3, 4, 5)),
    ];
    const { metadata, leftOut } = await read(...chunks);
    expect([metadata.parts.map((part) => Buffer.from(part)), leftOut]).toEqual([chunks, []]);
  });

  it.each([
    ['a packed text that is a bomb', packed('Comment', ' '.repeat(5e6))],
    ['a packed text that is damaged', chunk('zTXt', latin1('Comment\0\0nonsense'))],
    ['a wrong checksum', Buffer.concat([chunk('tEXt', latin1('Author\0Opa')).subarray(0, -1), Buffer.of(1)])],
    ['no keyword', chunk('tEXt', latin1('\0text'))],
    ['a keyword without its end', chunk('tEXt', latin1('x'.repeat(100)))],
    ['an international text without its parts', chunk('iTXt', latin1('Title\0\0\0'))],
    ['more than a megabyte', chunk('tEXt', latin1(`Comment\0${'x'.repeat(1 << 20)}`))],
  ])('are left out with %s', async (_why, broken) => {
    const { metadata, leftOut } = await read(broken, chunk('tEXt', latin1('Author\0Oma')));
    expect([metadata.parts.length, leftOut]).toEqual([1, ['text']]);
  });

  it('are unpacked to four megabytes together, and a thousand', async () => {
    const megabyte = packed('Comment', ' '.repeat(1 << 20));
    const { metadata } = await read(...Array<Buffer>(6).fill(megabyte));
    expect(metadata.parts.length).toBe(4);
    const tiny = chunk('tEXt', latin1('A\0'));
    const exif = chunk('tEXt', latin1('Raw profile type exif\0'));
    const own = chunk('eXIf', latin1('MM\0*\0\0\0\x08\0\0\0\0\0\0'));
    const { metadata: others, leftOut } = await read(...Array<Buffer>(1001).fill(exif), tiny, own);
    expect([others.parts, others.exif?.length, leftOut]).toEqual([[], 14, ['text']]);
  });

  it('are no longer unpacked after ten that cannot be', async () => {
    let calls = 0;
    const counted: typeof inflate = (...given) => {
      calls++;
      return inflate(...given);
    };
    const bombs = Array<Buffer>(50).fill(packed('Comment', ' '.repeat(5e6)));
    const plain = chunk('tEXt', latin1('Author\0Oma'));
    const file = Buffer.concat([latin1('\x89PNG\r\n\x1a\n'), ...bombs, plain]);
    const { parts } = await readPng(file, new Collection(), counted);
    expect([calls, parts.length]).toEqual([10, 1]);
  });
});

describe('raw profiles', () => {
  const exif = Buffer.from(
    'Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0',
    'latin1',
  );

  it.each(['exif', 'APP1'])('of type %s are EXIF', async (kind) => {
    const { metadata } = await read(packed(`Raw profile type ${kind}`, profile(kind, exif)));
    expect([metadata.turned, Buffer.from(metadata.exif!)]).toEqual([true, exif.subarray(6)]);
    const made = await write(metadata);
    expect((await sharp(made).metadata()).orientation).toBe(1);
    expect(made.includes('Raw profile type')).toBe(false);
  });

  it('do not replace EXIF in its own chunk', async () => {
    const own = latin1('MM\0*\0\0\0\x08\0\0\0\0\0\0');
    const { metadata } = await read(
      packed('Raw profile type exif', profile('exif', exif)),
      chunk('eXIf', own),
    );
    expect([Buffer.from(metadata.exif!), metadata.turned]).toEqual([own, false]);
  });

  it.each(['iptc', '8bim'])('of type %s are image resources, without thumbnails', async (kind) => {
    const iptc = latin1('8BIM\x04\x04\0\0\0\0\0\x05\x1c\x02\x78\0\0\0');
    const content = Buffer.concat([latin1('8BIM\x04\x0c\0\0\0\0\0\x02xx'), iptc]);
    const { metadata } = await read(packed(`Raw profile type ${kind}`, profile(kind, content)));
    const again = await readPng(await write(metadata), new Collection(), inflate);
    expect(Buffer.from(again.resources!)).toEqual(iptc);
  });

  it('of damaged XMP are said', async () => {
    const { metadata, leftOut } = await read(
      packed('Raw profile type xmp', profile('xmp', Buffer.from('<a>'))),
    );
    expect([metadata.xmp, leftOut]).toEqual([undefined, ['xmp']]);
  });

  it.each([
    ['a colour profile', profile('icc', Buffer.from('x'))],
    ['no length', '\nexif\n'],
    ['a wrong length', '\nexif\n 999999999\n45'],
    ['letters that are no digits', '\nexif\n  4\nxyz!'],
  ])('that are %s are left out', async (_what, text) => {
    const kind = text.includes('icc') ? 'icc' : 'exif';
    const { metadata } = await read(packed(`Raw profile type ${kind}`, text));
    expect([metadata.exif, metadata.parts]).toEqual([undefined, []]);
  });
});

describe('a result', () => {
  it('has the photo density, or none', async () => {
    const physical = (unit: number) => chunk('pHYs', Buffer.of(0, 0, 0, 2, 0, 0, 0, 1, unit));
    for (const unit of [0, 1]) {
      const made = await write((await read(physical(unit))).metadata);
      expect(made.includes(physical(unit))).toBe(true);
    }
    expect((await write((await read(chunk('pHYs', Buffer.alloc(9)))).metadata)).includes('pHYs')).toBe(false);
  });

  it('has XMP once, from a packed text too, and its pixels', async () => {
    const rdf = '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"></rdf:RDF>';
    const text = Buffer.concat([latin1('XML:com.adobe.xmp\0\x01\0\0\0'), deflateSync(latin1(rdf))]);
    const { metadata } = await read(chunk('iTXt', text));
    const made = await write(metadata);
    expect(made.toString('latin1').split('XML:com.adobe.xmp').length).toBe(2);
    expect((await sharp(made).metadata()).xmp!.toString()).toMatch(/^<rdf:RDF .*SourceETag>v1</);
    expect(await sharp(made).raw().toBuffer()).toEqual(
      await sharp(await blank)
        .raw()
        .toBuffer(),
    );
  });
});
