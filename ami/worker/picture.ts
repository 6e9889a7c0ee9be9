/**
 * Photos in and out: checks and normalises what came, checks and encodes what goes.
 *
 * Gotcha: ComfyUI itself takes truncated files for whole, flattens 16-bit scans to two tones and turns pages into
 * batches. So it only ever gets 8-bit PNGs that were made here.
 */
import sharp, { type Sharp, type SharpOptions } from 'sharp';
import type { Workflow } from '../../contract/workflow.ts';
import { InfraFault, PermanentFault } from './faults.ts';
import { FORMAT_NAMES, FORMATS, sniff, type Format } from './formats.ts';
import { hasRoomForColour, lightness } from './lightness.ts';

// A photo is decoded once; remembering it would only hold memory.
sharp.cache(false);

/** A photo, upright, in sRGB. */
export interface Picture {
  format: Format;
  width: number;
  height: number;
  megapixels: number;
  /** PNG for the workflow. */
  upload: Buffer;
  /** One byte per pixel, when the photo has transparency. */
  alpha: Buffer | undefined;
  /** Pixels per inch, when the photo says so. */
  density: number | undefined;
  /** Whether a coloured result must differ from a grey one. */
  colourable: boolean;
}

const ALLOWED = new Intl.ListFormat('en-GB', { type: 'disjunction' }).format(
  FORMATS.map((format) => FORMAT_NAMES[format]),
);
const INTEGER_DEPTHS = ['uchar', 'ushort'];
const megapixels = (width: number, height: number) => (width * height) / 1e6;
const rounded = (value: number) => Math.round(value * 100) / 100;

/**
 * @throws PermanentFault `unsupported-format`, `unreadable-image` or `too-large`
 */
export async function readPicture(
  body: Buffer,
  maxMegapixels: number,
  colour: Workflow['input']['colour'],
): Promise<Picture> {
  const format = formatOf(body);
  const { width, height, depth, density } = await decoded(format, () =>
    sharp(body, { failOn: 'error', limitInputPixels: false }).metadata(),
  );
  if (megapixels(width, height) > maxMegapixels) {
    const size = rounded(megapixels(width, height));
    throw new PermanentFault(
      'too-large',
      `The photo has ${size} megapixels (${width} x ${height}); at most ${maxMegapixels} are allowed.`,
    );
  }
  if (!INTEGER_DEPTHS.includes(depth)) {
    throw new PermanentFault(
      'unsupported-format',
      `The photo stores its pixels in an unusual way (${depth}); 8 or 16 bits per channel are allowed.`,
    );
  }
  const limits: SharpOptions = { failOn: 'error', limitInputPixels: Math.ceil(maxMegapixels * 1e6) };
  const { data, info } = await decoded(format, () =>
    sharp(body, limits).autoOrient().toColourspace('srgb').raw().toBuffer({ resolveWithObject: true }),
  );
  const channels = info.channels === 4 ? 4 : 3;
  const raw = { width: info.width, height: info.height };
  const grey = await lightness(data, channels);
  const source =
    colour === 'grey'
      ? sharp(grey, { raw: { ...raw, channels: 1 } }).toColourspace('b-w')
      : sharp(data, { raw: { ...raw, channels } }).removeAlpha();
  return {
    ...raw,
    format,
    megapixels: rounded(megapixels(info.width, info.height)),
    // It only travels to a process on this machine: speed before size.
    upload: await source.png({ compressionLevel: 1 }).toBuffer(),
    alpha: channels === 4 ? takeAlpha(data) : undefined,
    density,
    colourable: hasRoomForColour(grey),
  };
}

/**
 * Checks what the workflow made of a photo.
 *
 * @returns its pixels, sRGB, 8 bit, interleaved
 * @throws InfraFault when it is not that photo, coloured
 */
export async function readResult(output: Buffer, photo: Picture, mustBeColoured: boolean): Promise<Buffer> {
  const { data, info } = await sharp(output, { failOn: 'error' })
    .toColourspace('srgb')
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true })
    .catch((cause: unknown) => {
      throw new InfraFault('the workflow saved something that is not a picture', { cause });
    });
  if (info.width !== photo.width || info.height !== photo.height) {
    const [got, want] = [`${info.width} x ${info.height}`, `${photo.width} x ${photo.height}`];
    throw new InfraFault(`the workflow made a picture of ${got} from one of ${want}`);
  }
  if (mustBeColoured && photo.colourable && isGrey(data)) {
    throw new InfraFault('the workflow left the picture without any colour');
  }
  return data;
}

/**
 * The result in the photo's own format: sRGB with its profile, upright, with the photo's transparency and density.
 *
 * @param source identifies the version of the photo. It is written into the file (XMP `dc:source`), so that results of
 * two versions never have the same bytes, hence never the same ETag: conditional writes rely on that
 */
export async function encodeResult(pixels: Buffer, photo: Picture, source: string): Promise<Buffer> {
  const { width, height, alpha, density } = photo;
  let image = sharp(pixels, { raw: { width, height, channels: 3 } });
  if (alpha && photo.format !== 'jpeg')
    image = image.joinChannel(alpha, { raw: { width, height, channels: 1 } });
  image = image
    .withMetadata({ orientation: 1, ...(density && { density }) })
    .withIccProfile('srgb')
    .withXmp(xmp(source));
  return encoder(image, photo.format).toBuffer();
}

function encoder(image: Sharp, format: Format): Sharp {
  switch (format) {
    case 'jpeg':
      // Full chroma: the colours are what was added, and halving their resolution shows at edges.
      return image.jpeg({ quality: 92, chromaSubsampling: '4:4:4' });
    case 'png':
      return image.png({ compressionLevel: 6 });
    case 'webp':
      return image.webp({ quality: 92, smartSubsample: true });
    case 'tiff':
      return image.tiff({ compression: 'lzw', predictor: 'horizontal' });
  }
}

const xmp = (source: string) =>
  `<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:source>${source.replace(/[^\w.-]/g, '_')}</dc:source></rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="r"?>`;

function formatOf(body: Buffer): Format {
  if (body.length === 0) throw new PermanentFault('unreadable-image', 'The file is empty.');
  const found = sniff(body);
  if (!found) {
    throw new PermanentFault('unreadable-image', `The file is not a picture; send a ${ALLOWED} file.`);
  }
  if ('other' in found) {
    throw new PermanentFault(
      'unsupported-format',
      `${found.other} files are not taken; send a ${ALLOWED} file.`,
    );
  }
  return found.format;
}

async function decoded<T>(format: Format, decode: () => Promise<T>): Promise<T> {
  try {
    return await decode();
  } catch (cause) {
    const name = FORMAT_NAMES[format];
    throw new PermanentFault(
      'unreadable-image',
      `The file is damaged or cut off: it starts as a ${name} file but cannot be read to its end. Send it again, or an intact copy.`,
      { cause },
    );
  }
}

function takeAlpha(rgba: Buffer): Buffer {
  const alpha = Buffer.alloc(rgba.length / 4);
  for (let i = 0; i < alpha.length; i++) alpha[i] = rgba[4 * i + 3]!;
  return alpha;
}

function isGrey(rgb: Buffer): boolean {
  for (let i = 0; i < rgb.length; i += 3) if (rgb[i] !== rgb[i + 1] || rgb[i] !== rgb[i + 2]) return false;
  return true;
}
