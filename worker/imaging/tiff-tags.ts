/**
 * Which tags of a TIFF a result takes over: those that say what the picture is, and none that say how its pixels are stored. TIFF
 * 6.0; TIFF/EP (ISO 12234-2); GeoTIFF 1.1; Adobe Photoshop TIFF Technical Notes.
 */
import type { TiffEntry } from './tiff-entries.ts';
import { TYPES } from './tiff-values.ts';

export const TAGS = {
  width: 256,
  height: 257,
  orientation: 274,
  xmp: 700,
  iptc: 33_723,
  resources: 34_377,
  exif: 34_665,
  gps: 34_853,
  userComment: 37_510,
  colourSpace: 40_961,
  exifWidth: 40_962,
  exifHeight: 40_963,
  interoperability: 40_965,
};
export const RESOLUTION = { x: 282, y: 283, unit: 296 };

/** Positions of the picture on a page and on the Earth: true of a picture of the same size that was not turned. */
const PLACES = new Set([286, 287, 33_550, 33_922, 34_264, 34_735, 34_736, 34_737]);
export const isPlace = (tag: number): boolean => PLACES.has(tag);

/** Ratings, and titles and the like as Windows writes them. */
const WINDOWS = [18_246, 18_249, 40_091, 40_092, 40_093, 40_094, 40_095];
const PRINT_MATCHING = 50_341;
const NUMBERS = new Set([RESOLUTION.x, RESOLUTION.y, RESOLUTION.unit, ...PLACES, ...WINDOWS, PRINT_MATCHING]);
/** What TIFF/EP has in the picture's directory and EXIF in its own: exposure, lens, dates. */
const isOfCamera = (tag: number) =>
  tag === 33_434 ||
  tag === 33_437 ||
  (tag >= 34_850 && tag <= 34_866 && tag !== TAGS.gps) ||
  (tag >= 36_864 && tag <= 37_631);

/** Names of inks; values that stand for no data. */
const TEXTS_OF_PIXELS = new Set([333, 42_113]);

/** Whether a result takes a tag of the photo's directory over as it is. */
export const isKept = ({ tag, type }: TiffEntry): boolean =>
  tag !== TAGS.iptc &&
  tag !== TAGS.resources &&
  ((type === TYPES.ascii && !TEXTS_OF_PIXELS.has(tag)) || NUMBERS.has(tag) || isOfCamera(tag));

const REPLACED = new Set([TAGS.orientation, TAGS.xmp, ...Object.values(RESOLUTION)]);

/** Whether a tag of the encoder's file stays. */
export const isOfResult = (tag: number): boolean => !REPLACED.has(tag);
