/** The result of a photo as a file: in the photo's own format, sRGB, with what the photo knew of itself. */
import sharp, { type Sharp } from 'sharp';
import { uprightExif } from '../../colour/exif.ts';
import { withExif } from './exif.ts';
import type { Format } from './formats.ts';
import type { DecodedPhoto } from './decode.ts';

/**
 * 8-bit sRGB with its profile, upright, with the photo's transparency, density and EXIF.
 *
 * @param pixels interleaved, of the photo's size
 * @param source identifies the version of the photo. It is written into the file (XMP `dc:source`), so that results of
 * two versions never have the same bytes, hence never the same ETag: conditional writes rely on that
 */
export async function encodeResult(pixels: Uint8Array, photo: DecodedPhoto, source: string): Promise<Buffer> {
  const { width, height, alpha, density } = photo;
  let image = sharp(pixels, { raw: { width, height, channels: 3 } });
  if (alpha && photo.format !== 'jpeg')
    image = image.joinChannel(alpha, { raw: { width, height, channels: 1 } });
  const exif = photo.exif && uprightExif(photo.exif, width, height);
  // Where the photo's own EXIF follows, libvips must not write one of its own.
  const spliced = exif && photo.format !== 'tiff';
  if (!spliced) image = image.withMetadata({ orientation: 1, ...(density && { density }) });
  else if (density) image = image.withDensity(density);
  const file = await encoder(image.withIccProfile('srgb').withXmp(xmp(source)), photo.format).toBuffer();
  return spliced ? withExif(file, photo.format, exif) : file;
}

/**
 * A chroma as a file: PNG without a profile, since its values are no colours that any screen should show otherwise.
 *
 * @param ab Lab's a + 128 as red and b + 128 as green, interleaved with blue
 * @param source as above, and for the same reason
 */
export function encodeChroma(ab: Uint8Array, size: number, source: string): Promise<Buffer> {
  const image = sharp(ab, { raw: { width: size, height: size, channels: 3 } }).withXmp(xmp(source));
  // Filters save a third. The ninth level would save another tenth, for eight times the encoder's time.
  return image.png({ compressionLevel: 6, adaptiveFiltering: true }).toBuffer();
}

function encoder(image: Sharp, format: Format): Sharp {
  switch (format) {
    case 'jpeg':
      // Full chroma: the colours are what was added, and halving their resolution shows at edges. Huffman tables of its
      // own would save a tenth of the bytes for four times the encoder's time.
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
