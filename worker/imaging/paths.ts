/** The ways from a photo through ComfyUI to its result: what ComfyUI gets, and what is made of what it saves. */
import sharp from 'sharp';
import { abOfPicture, isWithoutColour } from '../../colour/ab.ts';
import { chromaOfAb, chromaOfPicture, mergeChroma } from '../../colour/merge.ts';
import type { Output } from '../../contract/photo-types.ts';
import type { WorkerSettings } from '../../contract/worker.ts';
import type { Workflow } from '../../contract/workflow.ts';
import { encodeChroma, encodeResult } from './encode.ts';
import { InstanceFault } from '../photo/faults.ts';
import type { Format } from './formats.ts';
import type { DecodedPhoto } from './decode.ts';

export interface ProcessingPath {
  path: WorkerSettings['path'];
  /** Side of the square that ComfyUI gets; undefined where it gets the whole photo. */
  size: number | undefined;
  /** Of the result. */
  format: Format;
  finish: Finish;
}

/**
 * Makes the result, as a file.
 *
 * @param saved by the workflow
 * @param source of the photo's version, written into the file
 * @throws InstanceFault when what was saved is not that photo, coloured
 */
export type Finish = (saved: Buffer, source: string) => Promise<Buffer>;

type Chroma = NonNullable<Workflow['chroma']>;

/** @param output that the workflow can give */
export function pathFor(
  { path, workflow }: Pick<WorkerSettings, 'path' | 'workflow'>,
  output: Output,
  picture: DecodedPhoto,
): ProcessingPath {
  const { format } = picture;
  const { scale, coloured } = workflow.output;
  const mustBeColoured = coloured && picture.colourable;
  const chroma = output === 'chroma' || path === 'chroma' ? workflow.chroma : undefined;
  if (!chroma)
    return { path: 'plain', size: undefined, format, finish: whole(scale, picture, mustBeColoured) };
  const way = { path: 'chroma', size: chroma.size } as const;
  return output === 'chroma'
    ? { ...way, format: 'png', finish: chromaAlone(chroma, mustBeColoured) }
    : { ...way, format, finish: merged(chroma, picture, mustBeColoured) };
}

/** What the workflow made of the whole photo. */
const whole =
  (scale: number, picture: DecodedPhoto, mustBeColoured: boolean): Finish =>
  async (saved, source) => {
    const size = { width: Math.round(scale * picture.width), height: Math.round(scale * picture.height) };
    const pixels = await readSaved(saved, size);
    if (mustBeColoured && isGrey(pixels)) throw colourless();
    return encodeResult(pixels, await resized(picture, size), source);
  };

/** The photo's own lightness in the colours of its copy. */
const merged =
  ({ size, encoding }: Chroma, picture: DecodedPhoto, mustBeColoured: boolean): Finish =>
  async (saved, source) => {
    const copy = await readCopy(saved, size);
    if (mustBeColoured && isGrey(copy.data)) throw colourless();
    const { width, height, grey } = picture;
    const chroma = encoding === 'ab' ? chromaOfAb(copy) : chromaOfPicture(copy);
    return encodeResult(mergeChroma(grey, width, height, chroma), picture, source);
  };

/** The colours of the copy alone: of the photo nothing has to be kept. */
const chromaAlone =
  ({ size, encoding }: Chroma, mustBeColoured: boolean): Finish =>
  async (saved, source) => {
    const copy = await readCopy(saved, size);
    const ab = encoding === 'ab' ? copy.data : abOfPicture(copy);
    if (mustBeColoured && isWithoutColour(ab)) throw colourless();
    return encodeChroma(ab, size, source);
  };

/** The photo as its result needs it, which may be of another size. */
async function resized(picture: DecodedPhoto, to: { width: number; height: number }): Promise<DecodedPhoto> {
  const { width, height, alpha } = picture;
  if (!alpha || (to.width === width && to.height === height)) return { ...picture, ...to };
  const channel = sharp(alpha, { raw: { width, height, channels: 1 } });
  const larger = channel.resize(to.width, to.height, { fit: 'fill' }).toColourspace('b-w').raw();
  return { ...picture, ...to, alpha: await larger.toBuffer() };
}

const readCopy = async (saved: Buffer, size: number) => ({
  width: size,
  height: size,
  data: await readSaved(saved, { width: size, height: size }),
});

/**
 * Pixels of what the workflow saved: sRGB, 8 bit, interleaved.
 *
 * @throws InstanceFault when it is no picture of that size
 */
async function readSaved(saved: Buffer, wanted: { width: number; height: number }): Promise<Buffer> {
  const { data, info } = await sharp(saved, { failOn: 'error' })
    .toColourspace('srgb')
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true })
    .catch((cause: unknown) => {
      throw new InstanceFault('the workflow saved something that is not a picture', { cause });
    });
  if (info.width !== wanted.width || info.height !== wanted.height) {
    const [got, want] = [`${info.width} x ${info.height}`, `${wanted.width} x ${wanted.height}`];
    throw new InstanceFault(`the workflow made a picture of ${got} from one of ${want}`);
  }
  return data;
}

const colourless = () => new InstanceFault('the workflow left the picture without any colour');

function isGrey(rgb: Buffer): boolean {
  for (let i = 0; i < rgb.length; i += 3) if (rgb[i] !== rgb[i + 1] || rgb[i] !== rgb[i + 2]) return false;
  return true;
}
