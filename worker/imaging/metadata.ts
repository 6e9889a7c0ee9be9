/** Metadata of photos and their results, by format; `colour/metadata/` has what browsers share. */
import { inflate } from 'node:zlib';
import sharp from 'sharp';
import { startsWith } from '../../colour/metadata/bytes.ts';
import { EXIF_PREFIX } from '../../colour/metadata/exif.ts';
import { readJpeg, writeJpeg } from '../../colour/metadata/jpeg.ts';
import { Collection, type Metadata, type MetadataKind } from '../../colour/metadata/metadata.ts';
import { profileName } from '../../colour/metadata/profile-name.ts';
import { readPng, writePng, type Inflate } from '../../colour/metadata/png.ts';
import type { ResultFacts } from '../../colour/metadata/xmp-properties.ts';
import { readWebp, writeWebp } from '../../colour/metadata/webp.ts';
import type { Format } from './formats.ts';
import { readTiff, writeTiff, type TiffMetadata } from './tiff-metadata.ts';

/** What a photo says besides its pixels. */
export interface PhotoMetadata extends Metadata {
  tiff?: TiffMetadata;
  /** Name of its colour profile. */
  profile?: string | undefined;
}

/**
 * @param icc the photo's colour profile
 * @param directory position of the picture's directory in a TIFF; by default the first one
 * @returns what a result can have of it, and the kinds that it cannot have; never fails for what a file says
 */
export async function readMetadata(
  file: Buffer,
  format: Format,
  icc: Buffer | undefined,
  directory?: number,
): Promise<{ metadata: PhotoMetadata; leftOut: MetadataKind[] }> {
  const collection = new Collection();
  const metadata = await read(file, format, collection, directory);
  return {
    metadata: { ...metadata, profile: icc && profileName(icc) },
    leftOut: [...collection.leftOut],
  };
}

function read(
  file: Buffer,
  format: Format,
  collection: Collection,
  directory: number | undefined,
): PhotoMetadata | Promise<PhotoMetadata> {
  switch (format) {
    case 'jpeg':
      return readJpeg(file, collection);
    case 'png':
      return readPng(file, collection, unpacked);
    case 'webp':
      return readWebp(file, collection);
    case 'tiff':
      return readTiff(file, collection, directory);
    case 'avif':
      return readAvif(file, collection);
  }
}

/**
 * @param file of the encoder; it is no longer used
 * @param size of the result
 * @param provenance what is said of the result
 * @param profile that a JPEG gets, where its encoder has given it none
 * @returns the file with what the photo says, and with what is said of the result
 */
export function writeMetadata(
  file: Buffer,
  format: Exclude<Format, 'avif'>,
  metadata: PhotoMetadata,
  { width, height }: { width: number; height: number },
  provenance: { source: string; isColoured: boolean },
  profile?: Buffer,
): Buffer {
  const facts: ResultFacts = { width, height, provenance: { ...provenance, profile: metadata.profile } };
  const writers: Record<
    Exclude<Format, 'avif'>,
    (
      file: Buffer,
      metadata: PhotoMetadata,
      facts: ResultFacts,
      profile: Buffer | undefined,
    ) => Uint8Array<ArrayBuffer>
  > = {
    jpeg: writeJpeg,
    png: writePng,
    webp: writeWebp,
    tiff: writeTiff,
  };
  const { buffer, byteOffset, length } = writers[format](file, metadata, facts, profile);
  return Buffer.from(buffer, byteOffset, length);
}

/** As libvips finds it; it has turned the picture as the file says, and EXIF has no say in that. */
async function readAvif(file: Buffer, collection: Collection): Promise<PhotoMetadata> {
  const found = await sharp(file, { limitInputPixels: false })
    .metadata()
    .catch(() => undefined);
  if (!found) collection.leaveOut('exif');
  const { exif, xmp, density } = found ?? {};
  const metadata: PhotoMetadata = { parts: [], turned: false };
  // The prefix of JPEG is there or not: ISO/IEC 23008-12, A.2.1.
  const isPrefixed = exif && startsWith(exif, EXIF_PREFIX);
  if (exif) metadata.exif = collection.take('exif', isPrefixed ? exif.subarray(EXIF_PREFIX.length) : exif);
  if (xmp) metadata.xmp = collection.takeXmp(xmp);
  if (density !== undefined) metadata.density = { x: density, y: density, unit: 'inch' };
  return metadata;
}

const unpacked: Inflate = (bytes, most) =>
  new Promise((resolve) => {
    inflate(bytes, { maxOutputLength: Math.max(1, most) }, (error, data) =>
      resolve(error ? undefined : data),
    );
  });
