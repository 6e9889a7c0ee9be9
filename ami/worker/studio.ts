/** The work on a photo's pixels before and after ComfyUI, which needs processors and not the GPU. */
import sharp from 'sharp';
import type { WorkerSettings } from '../../contract/worker.ts';
import { squareCopy } from './axis.ts';
import { encodeResult } from './encode.ts';
import { InfraFault } from './faults.ts';
import type { Format } from './formats.ts';
import { chromaOfAb, chromaOfPicture, mergeChroma } from './merge.ts';
import { megapixelsOf, readPicture, type Picture } from './picture.ts';

/** What is known of a photo that was made ready. */
export interface Prepared {
  /** Names it until it is finished or discarded. */
  id: string;
  format: Format;
  megapixels: number;
  /** PNG for the workflow. */
  upload: Buffer;
  uploadMegapixels: number;
}

export interface Studio {
  /** @throws PermanentFault when it is no photo that can be coloured */
  prepare(id: string, body: Buffer): Promise<Prepared>;

  /**
   * The result of a photo that was made ready, as a file; the photo is forgotten, whatever comes of it.
   *
   * @param output what the workflow saved
   * @param source of the photo's version, written into the file
   * @throws InfraFault when the workflow's output is not that photo, coloured
   */
  finish(id: string, output: Buffer, source: string): Promise<Buffer>;

  /** Forgets a photo that will not be finished. */
  discard(id: string): void;
}

export type StudioSettings = Pick<WorkerSettings, 'maxMegapixels' | 'path' | 'workflow'>;

export class LocalStudio implements Studio {
  private readonly pictures = new Map<string, Picture>();

  constructor(private readonly settings: StudioSettings) {}

  async prepare(id: string, body: Buffer): Promise<Prepared> {
    const { maxMegapixels, workflow } = this.settings;
    const { colour } = workflow.input;
    const picture = await readPicture(body, maxMegapixels, colour === 'rgb');
    const size = smallSize(this.settings);
    const { data, info } = await uploadOf(picture, size);
    this.pictures.set(id, picture);
    return {
      id,
      format: picture.format,
      megapixels: picture.megapixels,
      upload: data,
      uploadMegapixels: megapixelsOf(info.width, info.height),
    };
  }

  async finish(id: string, saved: Buffer, source: string): Promise<Buffer> {
    const picture = this.pictures.get(id);
    if (!picture) throw new Error(`photo ${id} was not made ready here`);
    this.pictures.delete(id);
    const size = smallSize(this.settings);
    const { width, height, grey, colourable } = picture;
    const { output, chroma } = this.settings.workflow;
    const wanted = size
      ? { width: size, height: size }
      : { width: Math.round(output.scale * width), height: Math.round(output.scale * height) };
    const mustBeColoured = output.coloured && colourable;
    const made = await readOutput(saved, wanted, mustBeColoured);
    if (!size) return encodeResult(made, await resized(picture, wanted), source);
    const chromaOf = chroma?.encoding === 'ab' ? chromaOfAb : chromaOfPicture;
    const pixels = mergeChroma(grey, width, height, chromaOf({ ...wanted, data: made }));
    return encodeResult(pixels, picture, source);
  }

  discard(id: string): void {
    this.pictures.delete(id);
  }
}

/** The photo as its result needs it, which may be of another size. */
async function resized(picture: Picture, to: { width: number; height: number }): Promise<Picture> {
  const { width, height, alpha } = picture;
  if (!alpha || (to.width === width && to.height === height)) return { ...picture, ...to };
  const channel = sharp(alpha, { raw: { width, height, channels: 1 } });
  const larger = channel.resize(to.width, to.height, { fit: 'fill' }).toColourspace('b-w').raw();
  return { ...picture, ...to, alpha: await larger.toBuffer() };
}

/** Side of the square that the workflow gets; undefined where it gets the whole photo. */
const smallSize = ({ path, workflow }: StudioSettings): number | undefined =>
  path === 'chroma' ? workflow.chroma?.size : undefined;

function uploadOf({ width, height, grey, rgb }: Picture, size: number | undefined) {
  const [data, channels] = rgb ? [rgb, 3 as const] : [grey, 1 as const];
  const whole = { width, height, channels };
  const image = size
    ? sharp(squareCopy(data, whole, size), { raw: { width: size, height: size, channels } })
    : sharp(data, { raw: whole });
  return (
    image
      .toColourspace(rgb ? 'srgb' : 'b-w')
      // It only travels to a process on this machine: speed before size.
      .png({ compressionLevel: 1 })
      .toBuffer({ resolveWithObject: true })
  );
}

/**
 * Pixels of what the workflow made: sRGB, 8 bit, interleaved.
 *
 * @throws InfraFault when it cannot be that picture, coloured
 */
export async function readOutput(
  output: Buffer,
  wanted: { width: number; height: number },
  mustBeColoured: boolean,
): Promise<Buffer> {
  const { data, info } = await sharp(output, { failOn: 'error' })
    .toColourspace('srgb')
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true })
    .catch((cause: unknown) => {
      throw new InfraFault('the workflow saved something that is not a picture', { cause });
    });
  if (info.width !== wanted.width || info.height !== wanted.height) {
    const [got, want] = [`${info.width} x ${info.height}`, `${wanted.width} x ${wanted.height}`];
    throw new InfraFault(`the workflow made a picture of ${got} from one of ${want}`);
  }
  if (mustBeColoured && isGrey(data)) {
    throw new InfraFault('the workflow left the picture without any colour');
  }
  return data;
}

function isGrey(rgb: Buffer): boolean {
  for (let i = 0; i < rgb.length; i += 3) if (rgb[i] !== rgb[i + 1] || rgb[i] !== rgb[i + 2]) return false;
  return true;
}
