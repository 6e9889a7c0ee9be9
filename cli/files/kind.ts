/** Which files are pictures: by their extension, and without one that says so by their first bytes. */
import { typeOfBytes } from '../../client/picture.ts';
import { TYPE_OF_EXTENSION, type PhotoType } from '../../contract/photo-types.ts';

/** Pictures that no stage takes. They get their reason and are not passed over. */
const OTHER_PICTURES = new Set('gif bmp heic heif hif jxl jp2 j2k jpf jpx psd psb'.split(' '));
/** Most of these begin as a TIFF does. */
const CAMERA_RAW = new Set(
  '3fr arw cr2 cr3 crw dcr dng erf fff iiq kdc mef mos nef nrw orf pef raf raw rw2 rwl sr2 srf srw x3f'.split(
    ' ',
  ),
);

/** Thumbnails of cameras, JPEG by their content, and never the photo. */
const SIDECARS = new Set(['thm', 'ctg']);

/** First bytes of pictures that no stage takes, for files without an extension; a dot is any byte. */
const OTHER_SIGNATURES =
  /^(GIF8[79]a|[^]{4}ftyp(heic|heix|heim|heis|hevc|hevx|mif1|msf1)|\0\0\0\x0c(jP {2}|JXL )|\xff\x0a|8BPS)/;

/** Bytes that decide. */
export const SIGNATURE_BYTES = 16;

const extensionOf = (name: string): string => /\.([^./]+)$/.exec(name)?.[1]?.toLowerCase() ?? '';

/** A year or the end of a sentence after a dot is no extension. */
const IS_EXTENSION = /^(?=.*[a-z])[a-z0-9]{1,5}$/;

export type Kind =
  /** By its extension; `type` is undefined for a format that no stage takes. */
  | { kind: 'picture'; type: PhotoType | undefined }
  /** Its content decides. */
  | { kind: 'unknown'; hasExtension: boolean }
  | { kind: 'sidecar' };

export function kindOfName(name: string): Kind {
  const extension = extensionOf(name);
  if (Object.hasOwn(TYPE_OF_EXTENSION, extension)) {
    return { kind: 'picture', type: TYPE_OF_EXTENSION[extension] };
  }
  if (OTHER_PICTURES.has(extension) || CAMERA_RAW.has(extension)) return { kind: 'picture', type: undefined };
  return SIDECARS.has(extension)
    ? { kind: 'sidecar' }
    : { kind: 'unknown', hasExtension: IS_EXTENSION.test(extension) };
}

/** @returns undefined for what is no picture by its first bytes; a `type` of undefined is a format that no stage takes */
export function kindOfBytes(start: Uint8Array): { type: PhotoType | undefined } | undefined {
  const type = typeOfBytes(start);
  if (type) return { type };
  return OTHER_SIGNATURES.test(Buffer.from(start.subarray(0, SIGNATURE_BYTES)).toString('latin1'))
    ? { type: undefined }
    : undefined;
}

/** The type that a photo is sent as: wrong extensions are common, so its first bytes come first. */
export function typeOfPhoto(name: string, body: Uint8Array): PhotoType | undefined {
  if (CAMERA_RAW.has(extensionOf(name))) return undefined;
  const byContent = kindOfBytes(body);
  if (byContent) return byContent.type;
  const byName = kindOfName(name);
  return byName.kind === 'picture' ? byName.type : undefined;
}
