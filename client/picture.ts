/** What a result may be, judged by its bytes: the content type is a word of the service. */
import type { PhotoType } from '../contract/photo-types.ts';

/** Largest result that is read into memory: photos have up to 25 MB by default, and a TIFF grows threefold in colour. */
export const MAX_RESULT_BYTES = 2 ** 30;

/** First bytes of each format; a dot is any byte. */
const SIGNATURES: [PhotoType, RegExp][] = [
  ['image/jpeg', /^\xff\xd8\xff/],
  ['image/png', /^\x89PNG\r\n\x1a\n/],
  ['image/webp', /^RIFF[^]{4}WEBP/],
  ['image/tiff', /^(II[*+]\0|MM\0[*+])/],
  ['image/avif', /^[^]{4}ftypavi[fs]/],
];

const SIGNATURE_BYTES = 12;

/** @returns undefined for anything but a picture of the API's types */
export function typeOfBytes(bytes: Uint8Array): PhotoType | undefined {
  const start = String.fromCharCode(...bytes.subarray(0, SIGNATURE_BYTES));
  return SIGNATURES.find(([, signature]) => signature.test(start))?.[0];
}

/** As {@link typeOfBytes}. */
export const pictureTypeOf = async (body: Blob): Promise<PhotoType | undefined> =>
  typeOfBytes(new Uint8Array(await body.slice(0, SIGNATURE_BYTES).arrayBuffer()));
