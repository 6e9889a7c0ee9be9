/** Encodes results: in the photo's own format, sRGB, with its metadata. */
import sharp, { type Sharp } from 'sharp';
import { uprightExif } from '../../colour/exif.ts';
import { withExif } from './exif.ts';
import type { DecodedPhoto } from './decode.ts';
import { image16 } from './encode16.ts';
import type { Format } from './formats.ts';
import { checkSize, to16, to8, type Values } from './samples.ts';

/** Formats whose files can have 16 bits. */
export const DEEP_FORMATS: readonly Format[] = ['png', 'tiff'];

/**
 * Encodes a result: sRGB with its profile, upright, with the photo's transparency, density and EXIF.
 *
 * @param pixels interleaved, of the photo's size; of 16 bits for a format that has them
 * @param source ETag of the photo. It is written into the file (XMP `dc:source`), so that results of two versions never
 * have the same bytes, hence never the same ETag: conditional writes rely on that
 * @throws RangeError when the pixels do not have that size
 */
export async function encodeResult(pixels: Values, photo: DecodedPhoto, source: string): Promise<Buffer> {
  const { width, height, density, format } = photo;
  let image = await imageOf(pixels, photo);
  const exif = photo.exif && uprightExif(photo.exif, width, height);
  // libvips must not write EXIF of its own where the photo's is inserted below.
  const insertsExif = exif && format !== 'tiff';
  if (density) image = image.withDensity(density);
  if (!insertsExif) image = image.withMetadata({ orientation: 1, ...(density && { density }) });
  if (pixels instanceof Uint8Array) image = image.withIccProfile('srgb');
  const file = await encoder(image.withXmp(xmp(source)), format).toBuffer();
  return insertsExif ? withExif(file, format, exif) : file;
}

async function imageOf(pixels: Values, { width, height, alpha, format }: DecodedPhoto): Promise<Sharp> {
  const opacity = format === 'jpeg' ? undefined : alpha;
  if (pixels instanceof Uint16Array) return image16(pixels, opacity && to16(opacity), width, height);
  checkSize(pixels, width, height, 3);
  const image = sharp(pixels, { raw: { width, height, channels: 3 } });
  if (!opacity) return image;
  const { buffer, byteOffset, length } = to8(opacity);
  return image.joinChannel(Buffer.from(buffer, byteOffset, length), { raw: { width, height, channels: 1 } });
}

/**
 * Encodes a chroma: PNG without a profile, since its values are not colours and must not be converted.
 *
 * @param ab Lab's a + 128 as red and b + 128 as green, interleaved with blue
 * @param source as for {@link encodeResult}
 */
export function encodeChroma(ab: Uint8Array, size: number, source: string): Promise<Buffer> {
  const image = sharp(ab, { raw: { width: size, height: size, channels: 3 } }).withXmp(xmp(source));
  // Filters save a third of the bytes. Level 9 would save another tenth, at eight times the encoder's time.
  return image.png({ compressionLevel: 6, adaptiveFiltering: true }).toBuffer();
}

function encoder(image: Sharp, format: Format): Sharp {
  switch (format) {
    case 'jpeg':
      // Full chroma resolution: half of it shows at edges. Optimised Huffman tables would save a tenth of the bytes at
      // four times the encoder's time.
      return image.jpeg({ quality: 92, chromaSubsampling: '4:4:4', optimiseCoding: false });
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
