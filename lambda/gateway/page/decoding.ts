/**
 * Whether a browser decodes a photo as the service does. Where it does not, the service gets the original.
 *
 * - CMYK: browsers convert its profile otherwise, up to 8 levels of 255 off.
 * - Orientation: browsers follow it in JPEG, in the type that EXIF has for it; in other formats some do.
 */
import { jpegComponents } from '../../../colour/metadata/jpeg.ts';
import { hasUsualOrientation, orientationOf } from '../../../colour/metadata/exif.ts';
import { headOf, metadataOf } from './metadata.ts';

/** Of a JPEG of CMYK or YCCK. */
const CMYK = 4;

export async function decodesAsTheService(file: Blob): Promise<boolean> {
  const isJpeg = file.type === 'image/jpeg';
  if (isJpeg && jpegComponents(await headOf(file)) === CMYK) return false;
  const exif = (await metadataOf(file))?.exif;
  if (!exif || orientationOf(exif) === 1) return true;
  return isJpeg && hasUsualOrientation(exif);
}
