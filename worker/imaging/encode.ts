/** Encodes results: in the photo's own format, sRGB, with its metadata. */
import sharp, { type Sharp } from 'sharp';
import type { DecodedPhoto } from './decode.ts';
import { image16, srgbProfile } from './encode16.ts';
import type { Format } from './formats.ts';
import { writeMetadata } from './metadata.ts';
import { checkSize, to16, to8, type Values } from './samples.ts';

/** Formats whose files can have more than 8 bits: 16, or 10 in AVIF. */
export const DEEP_FORMATS: readonly Format[] = ['png', 'tiff', 'avif'];

/**
 * Encodes a result: sRGB with its profile, upright, with the photo's transparency and metadata.
 *
 * @param pixels interleaved, of the photo's size; of 16 bits for a format that has them
 * @param source ETag of the photo. It is written into the file (a property of our own in XMP), so that results of two versions
 * never have the same bytes, hence never the same ETag: conditional writes rely on that
 * @param isColoured whether its colours are a model's
 * @throws RangeError when the pixels do not have that size
 */
export async function encodeResult(
  pixels: Values,
  photo: DecodedPhoto,
  source: string,
  isColoured = true,
): Promise<Buffer> {
  const { format, metadata } = photo;
  if (format === 'avif') return encodeAvif(pixels, photo, { source, isColoured });
  let image = await imageOf(pixels, photo);
  // libvips converts every pixel by the profile that it embeds, which takes a JPEG longer than its encoder.
  const profile = format === 'jpeg' ? await srgbProfile() : undefined;
  if (pixels instanceof Uint8Array && !profile) image = image.withIccProfile('srgb');
  const file = await encoder(image, format).toBuffer();
  return writeMetadata(file, format, metadata, photo, { source, isColoured }, profile);
}

/**
 * By way of a PNG without compression, whose metadata libvips writes into the AVIF. The least effort: more of it would take five times the
 * processor time for 2 % of the bytes.
 */
async function encodeAvif(
  pixels: Values,
  photo: DecodedPhoto,
  provenance: { source: string; isColoured: boolean },
): Promise<Buffer> {
  let image = await imageOf(pixels, photo);
  if (pixels instanceof Uint8Array) image = image.withIccProfile('srgb');
  const whole = await image.png({ compressionLevel: 0 }).toBuffer();
  const png = writeMetadata(whole, 'png', photo.metadata, photo, provenance);
  return sharp(png, { limitInputPixels: false })
    .keepMetadata()
    .avif({
      quality: 80,
      chromaSubsampling: '4:4:4',
      effort: 0,
      bitdepth: pixels instanceof Uint16Array ? 10 : 8,
    })
    .toBuffer();
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
export async function encodeChroma(ab: Uint8Array, size: number, source: string): Promise<Buffer> {
  const image = sharp(ab, { raw: { width: size, height: size, channels: 3 } });
  // Filters save a third of the bytes. Level 9 would save another tenth, at eight times the encoder's time.
  const file = await image.png({ compressionLevel: 6, adaptiveFiltering: true }).toBuffer();
  const metadata = { parts: [], turned: false };
  return writeMetadata(file, 'png', metadata, { width: size, height: size }, { source, isColoured: true });
}

function encoder(image: Sharp, format: Exclude<Format, 'avif'>): Sharp {
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
