/**
 * The paths of a photo through ComfyUI: what ComfyUI gets, and how its output becomes the result. The plain path sends the
 * whole photo; the chroma path sends a small square copy and merges its colours with the photo's own lightness.
 */
import sharp from 'sharp';
import {
  abOfPicture,
  abOfPlanes,
  chromaOfAb,
  chromaOfPicture,
  chromaOfPlanes,
  isWithoutColour,
  NO_CHROMA,
  withStrength,
  ZERO,
  type Chroma,
} from '../../colour/chroma.ts';
import { mergeChroma16 } from '../../colour/depth16.ts';
import { mergeChroma } from '../../colour/merge.ts';
import type { Output } from '../../contract/photo-types.ts';
import type { WorkerSettings } from '../../contract/worker.ts';
import type { Workflow } from '../../contract/workflow.ts';
import { InstanceFault } from '../photo/faults.ts';
import type { DecodedPhoto } from './decode.ts';
import { DEEP_FORMATS, encodeChroma, encodeResult } from './encode.ts';
import type { Format } from './formats.ts';
import { PixelMemory } from './pixel-memory.ts';
import { to8 } from './samples.ts';

export interface ProcessingPath {
  path: WorkerSettings['path'];
  /** Side of the square that ComfyUI gets; undefined where it gets the whole photo. */
  size: number | undefined;
  /** Of the result. */
  format: Format;
  finish: Finish;
}

/** Is given whether what the workflow saved has no colour. @throws InstanceFault where it must have some */
export type CheckColour = (isGrey: boolean) => void;

/**
 * Makes the result, as a file.
 *
 * @param saved the picture that the workflow saved, or the photo's two planes
 * @param source ETag of the photo, written into the file
 * @throws InstanceFault when the picture is not that photo in colour
 */
export type Finish = (saved: Buffer, source: string) => Promise<Buffer>;

type ChromaSettings = NonNullable<Workflow['chroma']>;
interface Size {
  width: number;
  height: number;
}

/**
 * @param output that the workflow can give
 * @param checkColour of the result
 * @param strength percent of the colours that are merged
 */
export function pathFor(
  { path, workflow }: Pick<WorkerSettings, 'path' | 'workflow'>,
  output: Output,
  photo: DecodedPhoto,
  checkColour: CheckColour,
  strength = 100,
): ProcessingPath {
  const { format } = photo;
  const { scale } = workflow.output;
  const chroma = output === 'chroma' || path === 'chroma' ? workflow.chroma : undefined;
  if (!chroma)
    return {
      path: 'plain',
      size: undefined,
      format,
      finish: plain(scale, photo, checkColour, workflow.chroma && strength),
    };
  const chromaPath = { path: 'chroma', size: chroma.size } as const;
  return output === 'chroma'
    ? { ...chromaPath, format: 'png', finish: chromaOnly(chroma, checkColour) }
    : { ...chromaPath, format, finish: merged(chroma, photo, checkColour, strength) };
}

/** @param strength undefined for a graph that may change more than colours */
const plain =
  (scale: number, photo: DecodedPhoto, checkColour: CheckColour, strength: number | undefined): Finish =>
  async (saved, source) => {
    const size = { width: Math.round(scale * photo.width), height: Math.round(scale * photo.height) };
    const pixels = await readSaved(saved, size);
    checkColour(isGrey(pixels));
    // A graph that has a chroma path keeps lightness, so the photo's own can be had to its last bit.
    if (strength !== undefined && (photo.depth === 16 || strength !== 100))
      return encodeMerged(photo, withStrength(chromaOfPicture({ ...size, data: pixels }), strength), source);
    return encodeResult(pixels, await resized(photo, size), source);
  };

const merged =
  (
    { size, encoding }: ChromaSettings,
    photo: DecodedPhoto,
    checkColour: CheckColour,
    strength: number,
  ): Finish =>
  async (saved, source) => {
    if (encoding === 'ab-planes') {
      const planes = readPlanes(saved, size);
      checkColour(planes.every((value) => value === ZERO));
      return encodeMerged(photo, withStrength(chromaOfPlanes(planes, size), strength), source);
    }
    const copy = await readCopy(saved, size);
    checkColour(isGrey(copy.data));
    const chroma = encoding === 'ab' ? chromaOfAb(copy) : chromaOfPicture(copy);
    return encodeMerged(photo, withStrength(chroma, strength), source);
  };

const memory = new PixelMemory();

/** The photo in colour, of 16 bits where it and its format have them, as a file. */
function encodeMerged(
  photo: DecodedPhoto,
  chroma: Chroma,
  source: string,
  isColoured = true,
): Promise<Buffer> {
  const { format, grey, width, height } = photo;
  if (grey instanceof Uint16Array && DEEP_FORMATS.includes(format))
    return encodeResult(mergeChroma16(grey, width, height, chroma), photo, source, isColoured);
  return memory.lend(3 * grey.length, (pixels) =>
    encodeResult(mergeChroma(to8(grey), width, height, chroma, pixels), photo, source, isColoured),
  );
}

/** The chroma as a file, for clients that merge it themselves. */
const chromaOnly =
  ({ size, encoding }: ChromaSettings, checkColour: CheckColour): Finish =>
  async (saved, source) => {
    const ab =
      encoding === 'ab-planes'
        ? abOfPlanes(readPlanes(saved, size))
        : await readCopy(saved, size).then((copy) => (encoding === 'ab' ? copy.data : abOfPicture(copy)));
    checkColour(isWithoutColour(ab));
    return encodeChroma(ab, size, source);
  };

/** A photo that has no room for colour, with its own lightness; of a chroma, none. */
export const unchanged =
  (output: Output, size: number, photo: DecodedPhoto): Finish =>
  (_saved, source) => {
    if (output === 'chroma') return encodeChroma(new Uint8Array(3 * size * size).fill(ZERO), size, source);
    return encodeMerged(photo, NO_CHROMA, source, false);
  };

/** The photo with its transparency at the size of a workflow that changes it. */
async function resized(photo: DecodedPhoto, to: Size): Promise<DecodedPhoto> {
  const { width, height, alpha } = photo;
  if (!alpha || (to.width === width && to.height === height)) return { ...photo, ...to };
  const channel = sharp(to8(alpha), { raw: { width, height, channels: 1 } });
  const larger = channel.resize(to.width, to.height, { fit: 'fill' }).toColourspace('b-w').raw();
  return { ...photo, ...to, alpha: await larger.toBuffer() };
}

/** @throws InstanceFault when they are not two planes of that size */
function readPlanes(saved: Buffer, size: number): Buffer {
  const expected = 2 * size * size;
  if (saved.length !== expected)
    throw new InstanceFault(`the workflow saved planes of ${saved.length} bytes instead of ${expected}`);
  return saved;
}

const readCopy = async (saved: Buffer, size: number) => ({
  width: size,
  height: size,
  data: await readSaved(saved, { width: size, height: size }),
});

/**
 * Decodes what the workflow saved to 8-bit sRGB, interleaved.
 *
 * @throws InstanceFault when it is not a picture of that size
 */
async function readSaved(saved: Buffer, expected: Size): Promise<Buffer> {
  const { data, info } = await sharp(saved, { failOn: 'error' })
    .toColourspace('srgb')
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true })
    .catch((cause: unknown) => {
      throw new InstanceFault('the workflow saved a file that is not a picture', { cause });
    });
  if (info.width !== expected.width || info.height !== expected.height) {
    const [got, want] = [info, expected].map(({ width, height }) => `${width} x ${height}`);
    throw new InstanceFault(`the workflow saved a picture of ${got} instead of ${want}`);
  }
  return data;
}

function isGrey(rgb: Buffer): boolean {
  for (let i = 0; i < rgb.length; i += 3) if (rgb[i] !== rgb[i + 1] || rgb[i] !== rgb[i + 2]) return false;
  return true;
}
