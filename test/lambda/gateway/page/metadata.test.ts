/** Metadata of results that a browser makes: as the GPU worker keeps it. */
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { withMetadataOf } from '../../../../lambda/gateway/page/metadata.ts';
import { chunk, latin1 } from '../../../../tools/hostile/containers.ts';
import { deflateSync } from 'node:zlib';

const SIZE = { width: 6, height: 4 };
const XMP = '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"></rdf:RDF>';
const picture = (background: string) => sharp({ create: { ...SIZE, channels: 3, background } });
const blob = (bytes: Buffer, type: string) => new Blob([Uint8Array.from(bytes)], { type: `image/${type}` });

it.each(['jpeg', 'png', 'webp'] as const)(
  'of a %s is kept, and says that a model made the colours',
  async (type) => {
    const photo = await picture('#777')
      .toFormat(type)
      .withExif({ IFD0: { Artist: 'Opa' } })
      .withXmp(XMP)
      .toBuffer();
    const result = await picture('#a76').toFormat(type).toBuffer();
    const made = await withMetadataOf(blob(photo, type), blob(result, type), SIZE);
    expect(made.type).toBe(`image/${type}`);
    const file = Buffer.from(await made.arrayBuffer());
    const { exif, xmp, width, height } = await sharp(file).metadata();
    expect({ width, height }).toEqual(SIZE);
    expect(exif!.includes('Opa')).toBe(true);
    expect(xmp!.toString()).toContain('algorithmicallyEnhanced');
    expect(await sharp(file).raw().toBuffer()).toEqual(await sharp(result).raw().toBuffer());
  },
);

it('packed texts are unpacked, up to a limit', async () => {
  const text = (letters: string) =>
    chunk('zTXt', Buffer.concat([latin1('Comment\0\0'), deflateSync(latin1(letters))]));
  const broken = chunk('zTXt', latin1('Comment\0\0nonsense'));
  const photo = Buffer.concat([latin1('\x89PNG\r\n\x1a\n'), text('a note'), text(' '.repeat(5e6)), broken]);
  const result = await picture('#a76').png().toBuffer();
  const made = await withMetadataOf(blob(photo, 'png'), blob(result, 'png'), SIZE);
  const { comments } = await sharp(Buffer.from(await made.arrayBuffer())).metadata();
  expect(comments?.filter(({ keyword }) => keyword === 'Comment')).toEqual([
    { keyword: 'Comment', text: 'a note' },
  ]);
});

it('is not put into a file of another format, or of one without', async () => {
  const result = blob(Buffer.from('result'), 'png');
  expect(await withMetadataOf(blob(Buffer.from('photo'), 'tiff'), result, SIZE)).toBe(result);
  const tiff = blob(Buffer.from('result'), 'tiff');
  expect(await withMetadataOf(blob(Buffer.from('photo'), 'tiff'), tiff, SIZE)).toBe(tiff);
});
