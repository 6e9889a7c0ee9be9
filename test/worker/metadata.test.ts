/** What results keep of their photos' metadata, in every format and byte order, as sharp and ExifReader read it. */
import ExifReader from 'exifreader';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { SOURCE_TYPE } from '../../colour/metadata/xmp.ts';
import {
  CAPTION,
  HEIGHT,
  MAKER_NOTE,
  photoWithMetadata,
  PREVIEW,
  WIDTH,
} from './support/photos-with-metadata.ts';
import { fixture } from './support/fixtures.ts';
import { resultOf } from './support/results.ts';

const FORMATS = ['jpeg', 'png', 'webp', 'tiff'] as const;

describe.each(FORMATS)('the result of a %s', (format) => {
  describe.each([
    ['lowest', true],
    ['highest', false],
  ])('with the %s byte first', (_name, little) => {
    it('says what its photo says, upright and in colour', async () => {
      const { file, remarks } = await resultOf(await photoWithMetadata(format, little));
      expect(remarks).toEqual([]);
      await sharp(file, { failOn: 'warning' }).raw().toBuffer();
      const { exif = {}, gps, iptc, xmp } = ExifReader.load(file, { expanded: true, async: false });
      const said = Object.fromEntries(
        Object.entries(exif as Record<string, { description: unknown } | undefined>).map(([tag, value]) => [
          tag,
          value?.description,
        ]),
      );
      expect(said).toMatchObject({
        ...{ ImageDescription: 'Grandma', Artist: 'Opa', Copyright: 'Museum', Make: 'Leica', Model: 'M3' },
        ...{ Software: 'ScanTool 1.2', DateTime: '1999:01:02 03:04:05', LensModel: 'Elmar 50' },
        ...{ DateTimeOriginal: '1931:07:01 12:00:00', XResolution: '150', YResolution: '300' },
        ...{ Orientation: 'top-left', ColorSpace: 'sRGB', InteroperabilityIndex: 'R98' },
        ...{ PixelXDimension: HEIGHT, PixelYDimension: WIDTH },
      });
      expect(gps).toMatchObject({ Latitude: 47.1, Longitude: 8.1 });
      if (format === 'jpeg' || format === 'tiff')
        expect([iptc?.['Caption/Abstract']?.description, iptc?.Keywords]).toMatchObject([
          CAPTION,
          { description: 'lake' },
        ]);
      expect(xmp?.['source']?.description).toBe('Inventory 1931/77');
      expect(file.includes(MAKER_NOTE)).toBe(true);
      expect(file.includes(PREVIEW)).toBe(false);
    });
  });

  it('says in XMP of whose photo it is, that a model made its colours, and all that the photo says', async () => {
    const { file } = await resultOf(await photoWithMetadata(format, true), '0123abc-4');
    const xmp = (await sharp(file).metadata()).xmp!.toString();
    for (const text of [
      ...[CAPTION, 'Inventory 1931/77', 'Places|Lake', 'xmp:Rating="4"', 'xmp:CreatorTool="ScanTool 1.2"'],
      ...['tiff:Orientation="1"', 'ddcolor:SourceETag>0123abc-4<', `DigitalSourceType>${SOURCE_TYPE}<`],
    ])
      expect(xmp).toContain(text);
    expect(xmp).not.toContain('CreatorTool>');
  });

  it.each([
    ['BYTE', 1],
    ['SHORT', 3],
    ['LONG', 4],
  ])('is turned by an orientation of type %s, and its own is 1', async (_name, type) => {
    for (const little of [true, false]) {
      const { file } = await resultOf(await photoWithMetadata(format, little, [type, 8]));
      const { width, height, orientation } = await sharp(file).metadata();
      expect({ width, height, orientation }).toEqual({ width: HEIGHT, height: WIDTH, orientation: 1 });
    }
  });
});

it('keeps densities with their units, turned with the picture', async () => {
  const read = async (format: (typeof FORMATS)[number]) =>
    ExifReader.load((await resultOf(await photoWithMetadata(format, true))).file, { expanded: true });
  expect((await read('jpeg')).jfif).toMatchObject({
    'Resolution Unit': { description: 'cm' },
    XResolution: { value: 59 },
    YResolution: { value: 118 },
  });
  expect((await read('png')).png).toMatchObject({
    'Pixels Per Unit X': { value: 5905 },
    'Pixels Per Unit Y': { value: 11_811 },
    'Pixel Units': { description: 'meters' },
  });
});

it('keeps the texts of a PNG, and IPTC among them', async () => {
  const { file } = await resultOf(await photoWithMetadata('png', true));
  const { comments } = await sharp(file).metadata();
  expect(comments).toEqual(
    expect.arrayContaining([
      { keyword: 'Author', text: 'Opa' },
      { keyword: 'Description', text: 'at the lake' },
      { keyword: 'Title', text: 'Am See in Zürich' },
      {
        keyword: 'Raw profile type iptc',
        text: expect.stringContaining(Buffer.from('Zürich').toString('hex').slice(0, 8)) as string,
      },
    ]),
  );
});

describe('the photo of a museum', () => {
  it('keeps caption, keywords, rights and inventory number', async () => {
    const { file } = await resultOf(fixture('meta.jpg'));
    const { iptc, xmp, gps } = ExifReader.load(file, { expanded: true });
    expect(iptc?.['Caption/Abstract']?.description).toBe('Grandma at the lake 1931');
    expect(iptc?.Keywords).toMatchObject({ description: 'lake' });
    expect(xmp?.['description']?.description).toBe('Grandma at the lake 1931');
    expect(xmp?.['rights']?.description).toBe('Museum X');
    expect(xmp?.['source']?.description).toBe('Inventory 1931/77');
    expect(gps?.Latitude).toBeCloseTo(47.1);
  });

  it('whose orientation is a byte is upright', async () => {
    const { file } = await resultOf(fixture('orient_byte.jpg'));
    expect(await sharp(file).metadata()).toMatchObject({ width: 120, height: 160, orientation: 1 });
  });

  it('is said to have had its profile', async () => {
    const icc = await sharp(await photoWithMetadata('jpeg', true))
      .withIccProfile('p3')
      .toBuffer();
    const { file } = await resultOf(icc);
    const { xmp } = await sharp(file).metadata();
    expect(xmp!.toString()).toMatch(/<ddcolor:SourceProfile>[^<]+P3/);
  });
});

it('of two versions differs', async () => {
  const photo = await photoWithMetadata('jpeg', true);
  const [one, same, other] = await Promise.all(['a', 'a', 'b'].map((etag) => resultOf(photo, etag)));
  expect(one!.file.equals(same!.file)).toBe(true);
  expect(one!.file.equals(other!.file)).toBe(false);
});

it('says when some of it is damaged, and is without that', async () => {
  const photo = await photoWithMetadata('webp', true);
  const broken = Buffer.from(photo.toString('latin1').replace('</rdf:RDF>', '</rdf:RFD>'), 'latin1');
  const { file, remarks } = await resultOf(broken);
  expect(remarks).toEqual(['metadata-incomplete']);
  const { xmp } = await sharp(file).metadata();
  expect(xmp!.toString()).not.toContain('Inventory');
  expect(xmp!.toString()).toContain('SourceETag>v1<');
});
