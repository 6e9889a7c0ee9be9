/**
 * Photoshop's image resources: IPTC, captions' digests, guides, paths. Those that show or describe the photo's own pixels are
 * left out. Adobe Photoshop File Formats Specification, "Image resource section".
 */
import { joined, viewOf } from './bytes.ts';

/** What would show the photo without colour, describe its channels, or repeat what is elsewhere. */
const THUMBNAILS = [0x0409, 0x040c];
const PROFILES = [0x040f, 0x0411];
const EXIF_AND_XMP = [0x0422, 0x0423, 0x0424];
const CHANNELS = [0x03ee, 0x03ef, 0x0415, 0x041d, 0x0435];
const LEFT_OUT = new Set([...THUMBNAILS, ...PROFILES, ...EXIF_AND_XMP, ...CHANNELS]);
const RESOLUTION = 0x03ed;
/** Paths are relative to the stored picture. */
const isPath = (id: number) => id >= 0x07d0 && id <= 0x0bb6;
/** Of Photoshop, ImageReady and others. */
const SIGNATURES = new Set(['8BIM', 'MeSa', 'PHUT', 'AgHg', 'DCSR'].map((name) => signatureOf(name)));
const MAX_RESOURCES = 2000;

function signatureOf(name: string): number {
  return Array.from(name).reduce((value, letter) => value * 256 + letter.charCodeAt(0), 0);
}

/**
 * @param turned whether the result has the width of the stored picture as its height
 * @returns the resources of a result; nothing after a damaged one
 */
export function resourcesOfResult(resources: Uint8Array, turned: boolean): Uint8Array<ArrayBuffer> {
  const view = viewOf(resources);
  const kept: Uint8Array[] = [];
  let at = 0;
  for (let k = 0; k < MAX_RESOURCES && at + 12 <= resources.length; k++) {
    if (!SIGNATURES.has(view.getUint32(at))) break;
    const id = view.getUint16(at + 4);
    // A text with its length in front, of an even number of bytes with it.
    const data = at + 6 + (resources[at + 6]! | 1) + 1 + 4;
    if (data > resources.length) break;
    const end = data + view.getUint32(data - 4);
    if (end > resources.length) break;
    const next = end + ((end - data) % 2);
    if (!LEFT_OUT.has(id) && !(turned && isPath(id))) {
      const part = Uint8Array.from(resources.subarray(at, next));
      if (turned && id === RESOLUTION && end - data === 16) swapHalves(part, data - at);
      kept.push(part, new Uint8Array(Math.max(0, next - resources.length)));
    }
    at = next;
  }
  return joined(kept);
}

/** Horizontal and vertical resolution. */
function swapHalves(part: Uint8Array, at: number): void {
  const horizontal = Uint8Array.from(part.subarray(at, at + 8));
  part.copyWithin(at, at + 8, at + 16);
  part.set(horizontal, at + 8);
}
