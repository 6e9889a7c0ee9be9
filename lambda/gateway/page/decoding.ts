/**
 * Whether a browser decodes a photo as the service does. Where it does not, the service gets the original.
 *
 * - CMYK: browsers convert its profile otherwise, up to 8 levels of 255 off.
 * - PNG of RGB and 16 bits with a profile or gAMA: browsers compute with fewer bits, up to 22 levels off where sRGB lacks a colour.
 * - PNG brighter than white (PQ, HLG): browsers map its tones in their own ways.
 * - TIFF: a browser that decodes it has 8 bits of it.
 * - Orientation: browsers follow it in JPEG, in the type that EXIF has for it; in other formats some do.
 */
import { jpegComponents } from '../../../colour/metadata/jpeg.ts';
import { hasUsualOrientation, orientationOf } from '../../../colour/metadata/exif.ts';
import { chunksOf } from '../../../colour/metadata/png.ts';
import { headOf, metadataOf } from './metadata.ts';

/** Of a JPEG of CMYK or YCCK. */
const CMYK = 4;

/** @param file with the type that its bytes say */
export async function decodesAsTheService(file: Blob): Promise<boolean> {
  if (file.type === 'image/tiff') return false;
  const isJpeg = file.type === 'image/jpeg';
  if (isJpeg && jpegComponents(await headOf(file)) === CMYK) return false;
  if (file.type === 'image/png' && hasOwnTones(await headOf(file))) return false;
  const exif = (await metadataOf(file))?.exif;
  if (!exif || orientationOf(exif) === 1) return true;
  return isJpeg && hasUsualOrientation(exif);
}

/** Positions of the bits of a sample, and of the colour type. PNG third edition, 11.2.1. */
const [DEPTH, COLOUR_TYPE] = [24, 25];
const IN_COLOUR = 2;
/** Transfer characteristics of cICP: PQ and HLG. ITU-T H.273. */
const HDR = [16, 18];

function hasOwnTones(head: Uint8Array): boolean {
  const isDeep = head[DEPTH] === 16 && ((head[COLOUR_TYPE] ?? 0) & IN_COLOUR) !== 0;
  for (const { type, data } of chunksOf(head)) {
    if (type === 'IDAT') return false;
    if (type === 'cICP' && HDR.includes(data[1] ?? 0)) return true;
    if (isDeep && ['iCCP', 'cICP', 'gAMA'].includes(type)) return true;
  }
  return false;
}
