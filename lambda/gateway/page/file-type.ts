/** What a photo's first bytes say it is. A browser says what its name says, and the service goes by the bytes. */
import type { PhotoType } from '../../../contract/photo-types.ts';

const LONGEST = 12;

/** Of the formats that the service accepts; a dot is any byte. */
const STARTS: [type: PhotoType, start: RegExp][] = [
  ['image/jpeg', /^\xff\xd8\xff/],
  ['image/png', /^\x89PNG\r\n\x1a\n/],
  ['image/webp', /^RIFF[^]{4}WEBP/],
  ['image/tiff', /^(?:II[*+]\0|MM\0[*+])/],
  ['image/avif', /^[^]{4}ftypavi[fs]/],
];

/** The same file with the type of its bytes; with that of its name where these are of no accepted format. */
export async function asItsBytesSay(file: Blob): Promise<Blob> {
  const head = String.fromCharCode(...new Uint8Array(await file.slice(0, LONGEST).arrayBuffer()));
  const type = STARTS.find(([, start]) => start.test(head))?.[0];
  return type === undefined || type === file.type ? file : new Blob([file], { type });
}
