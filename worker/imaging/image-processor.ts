/** The work on a photo's pixels before and after ComfyUI, which needs processors and not the GPU. */
import sharp from 'sharp';
import { squareCopy } from '../../colour/axis.ts';
import type { Output } from '../../contract/photo-types.ts';
import type { WorkerSettings } from '../../contract/worker.ts';
import type { Format } from './formats.ts';
import { megapixelsOf, decodePhoto, type DecodedPhoto } from './decode.ts';
import { pathFor, type Finish } from './paths.ts';

/** What is known of a photo that was made ready. */
export interface PreparedPhoto {
  /** Names it until it is finished or discarded. */
  id: string;
  /** Of its result. */
  format: Format;
  megapixels: number;
  /** PNG for the workflow. */
  upload: Buffer;
  uploadMegapixels: number;
  /** What the upload is made for. */
  path: WorkerSettings['path'];
}

export interface ImageProcessor {
  /**
   * @param output what it becomes, of what the workflow can give; `photo` by default
   * @throws PermanentFault when it is no photo that can be coloured
   */
  prepare(id: string, body: Buffer, output?: Output): Promise<PreparedPhoto>;

  /**
   * The result of a photo that was made ready, as a file; the photo is forgotten, whatever comes of it.
   *
   * @param saved by the workflow
   * @param source of the photo's version, written into the file
   * @throws InstanceFault when the workflow's output is not that photo, coloured
   */
  finish(id: string, saved: Buffer, source: string): Promise<Buffer>;

  /** Forgets a photo that will not be finished. */
  discard(id: string): void;
}

export type ImageSettings = Pick<WorkerSettings, 'maxMegapixels' | 'path' | 'workflow'>;

export class LocalImageProcessor implements ImageProcessor {
  private readonly finishes = new Map<string, Finish>();

  constructor(private readonly settings: ImageSettings) {}

  async prepare(id: string, body: Buffer, output: Output = 'photo'): Promise<PreparedPhoto> {
    const { maxMegapixels, workflow } = this.settings;
    const picture = await decodePhoto(body, maxMegapixels, workflow.input.colour === 'rgb');
    const { path, size, format, finish } = pathFor(this.settings, output, picture);
    const { data, info } = await uploadOf(picture, size);
    this.finishes.set(id, finish);
    return {
      id,
      format,
      megapixels: picture.megapixels,
      upload: data,
      uploadMegapixels: megapixelsOf(info.width, info.height),
      path,
    };
  }

  async finish(id: string, saved: Buffer, source: string): Promise<Buffer> {
    const finish = this.finishes.get(id);
    if (!finish) throw new Error(`photo ${id} was not made ready here`);
    this.finishes.delete(id);
    return finish(saved, source);
  }

  discard(id: string): void {
    this.finishes.delete(id);
  }
}

function uploadOf({ width, height, grey, rgb }: DecodedPhoto, size: number | undefined) {
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
