/**
 * What a file says besides its pixels, and what is said of its result. A result has the format of its photo, so most parts stay
 * byte for byte.
 */
import { readXmp, type Xmp } from './xmp.ts';

/** Kinds of metadata that a result can be without, because the photo's are damaged or too large. */
export type MetadataKind = 'exif' | 'xmp' | 'iptc' | 'text' | 'tags';

/** Pixels per unit, or their proportion. */
export interface Density {
  x: number;
  y: number;
  unit: 'none' | 'inch' | 'centimetre' | 'metre';
}

/** Metadata of a photo. */
export interface Metadata {
  /** A TIFF structure, without the prefix that a JPEG has before it. */
  exif?: Uint8Array | undefined;
  xmp?: Xmp | undefined;
  /** Photoshop's image resources: in a JPEG, IPTC is one of them. */
  resources?: Uint8Array | undefined;
  density?: Density | undefined;
  /** Whole segments or chunks that are kept as they are: comments, texts, extended XMP. */
  parts: Uint8Array[];
  /** Whether the upright picture has the width of the stored one as its height. */
  turned: boolean;
}

/** Bytes that a result can take over. Metadata of photographs has some kilobytes, embedded previews up to a megabyte. */
export const LIMITS = { exif: 1 << 20, xmp: 4 << 20, iptc: 4 << 20, text: 1 << 20, tags: 4 << 20 };
/** Parts of one kind: comments, texts. */
const MAX_PARTS = 200;

/** Copies parts of a file within the limits, and remembers which kinds have to be left out. */
export class Collection {
  readonly leftOut = new Set<MetadataKind>();
  private readonly taken = new Map<MetadataKind, { bytes: number; parts: number }>();

  /** @returns a copy, which does not hold the file in memory; undefined when it is beyond the limits */
  take(kind: MetadataKind, part: Uint8Array): Uint8Array | undefined {
    if (!this.allows(kind, part.length)) return undefined;
    return Uint8Array.from(part);
  }

  /** @returns a packet to write; undefined when it is damaged or beyond the limits */
  takeXmp(packet: Uint8Array): Xmp | undefined {
    const found = this.allows('xmp', packet.length) ? readXmp(packet) : undefined;
    if (!found) this.leaveOut('xmp');
    return found;
  }

  /** Counts bytes of a kind. @returns whether they are within its limits */
  allows(kind: MetadataKind, length: number): boolean {
    const { bytes, parts } = this.taken.get(kind) ?? { bytes: 0, parts: 0 };
    if (bytes + length > LIMITS[kind] || parts >= MAX_PARTS) return this.leaveOut(kind);
    this.taken.set(kind, { bytes: bytes + length, parts: parts + 1 });
    return true;
  }

  leaveOut(kind: MetadataKind): false {
    this.leftOut.add(kind);
    return false;
  }
}
