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
import { lightness } from '../../colour/lightness.ts';
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
  pixels: Pixels;
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

/**
 * Makes what a next workflow gets: the picture, and its lightness where that is no longer the photo's own.
 *
 * @param saved as for {@link Finish}
 * @throws InstanceFault as {@link Finish} does
 */
export type Pixels = (saved: Buffer) => Promise<Pick<DecodedPhoto, 'rgb'> & Partial<DecodedPhoto>>;

/** Both ends of a path. */
type Results = Pick<ProcessingPath, 'finish' | 'pixels'>;

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
      ...plain(scale, photo, checkColour, workflow.chroma && strength),
    };
  const chromaPath = { path: 'chroma', size: chroma.size } as const;
  return output === 'chroma'
    ? { ...chromaPath, format: 'png', ...chromaOnly(chroma, checkColour) }
    : { ...chromaPath, format, ...merged(chroma, photo, checkColour, strength) };
}

/** @param strength undefined for a graph that may change more than colours */
function plain(
  scale: number,
  photo: DecodedPhoto,
  checkColour: CheckColour,
  strength: number | undefined,
): Results {
  const size = { width: Math.round(scale * photo.width), height: Math.round(scale * photo.height) };
  const read = async (saved: Buffer) => {
    const data = await readSaved(saved, size);
    checkColour(isGrey(data));
    return data;
  };
  // A graph that has a chroma path keeps lightness, so the photo's own can be had to its last bit.
  const chromaOf = (data: Buffer) =>
    strength !== undefined && (photo.depth === 16 || strength !== 100)
      ? withStrength(chromaOfPicture({ ...size, data }), strength)
      : undefined;
  return {
    finish: async (saved, source) => {
      const data = await read(saved);
      const chroma = chromaOf(data);
      return chroma
        ? encodeMerged(photo, chroma, source)
        : encodeResult(data, await resized(photo, size), source);
    },
    pixels: async (saved) => {
      const rgb = await read(saved);
      if (strength !== undefined)
        return mergedPixels(photo, chromaOf(rgb) ?? chromaOfPicture({ ...size, data: rgb }));
      const { alpha } = photo;
      return { rgb, grey: lightness(rgb, 3), depth: 8, alpha: alpha && to8(alpha) };
    },
  };
}

function merged(
  { size, encoding }: ChromaSettings,
  photo: DecodedPhoto,
  checkColour: CheckColour,
  strength: number,
): Results {
  const chromaOf = async (saved: Buffer) => {
    if (encoding === 'ab-planes') {
      const planes = readPlanes(saved, size);
      checkColour(planes.every((value) => value === ZERO));
      return withStrength(chromaOfPlanes(planes, size), strength);
    }
    const copy = await readCopy(saved, size);
    checkColour(isGrey(copy.data));
    return withStrength(encoding === 'ab' ? chromaOfAb(copy) : chromaOfPicture(copy), strength);
  };
  return {
    finish: async (saved, source) => encodeMerged(photo, await chromaOf(saved), source),
    pixels: async (saved) => mergedPixels(photo, await chromaOf(saved)),
  };
}

/** The photo in colour, of 8 bits, with its own lightness. */
const mergedPixels = ({ grey, width, height }: DecodedPhoto, chroma: Chroma) => ({
  rgb: mergeChroma(to8(grey), width, height, chroma),
});

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
const chromaOnly = ({ size, encoding }: ChromaSettings, checkColour: CheckColour): Results => ({
  finish: async (saved, source) => {
    const ab =
      encoding === 'ab-planes'
        ? abOfPlanes(readPlanes(saved, size))
        : await readCopy(saved, size).then((copy) => (encoding === 'ab' ? copy.data : abOfPicture(copy)));
    checkColour(isWithoutColour(ab));
    return encodeChroma(ab, size, source);
  },
  pixels: noPicture,
});

/** No step follows one that gives chroma. */
const noPicture = (): never => {
  throw new Error('a chroma is no picture for a next workflow');
};

/** A photo that has no room for colour, with its own lightness; of a chroma, none. */
export const unchanged = (output: Output, size: number, photo: DecodedPhoto): Results => ({
  finish: (_saved, source) => {
    if (output === 'chroma') return encodeChroma(new Uint8Array(3 * size * size).fill(ZERO), size, source);
    return encodeMerged(photo, NO_CHROMA, source, false);
  },
  pixels: async () => mergedPixels(photo, NO_CHROMA),
});

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
