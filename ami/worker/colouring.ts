/** From the bytes of a photo to the bytes of its result. */
import type { WorkerSettings } from '../../contract/worker.ts';
import { CONTENT_TYPES } from './formats.ts';
import { encodeResult, readPicture, readResult } from './picture.ts';
import { seconds } from './time.ts';

/** What the log says of a photo beside its end; filled as far as it got. */
export interface PhotoFigures {
  megapixels?: number;
  fetchSeconds?: number;
  /** Decoding and normalising. */
  prepareSeconds?: number;
  comfySeconds?: number;
  /** Checking what came back, and encoding it. */
  encodeSeconds?: number;
  storeSeconds?: number;
}

export interface Coloured {
  body: Buffer;
  contentType: string;
}

/**
 * Colours a photo.
 *
 * @param etag of the photo; the result carries it
 * @param figures filled on the way
 * @throws PermanentFault, TransientFault, InfraFault
 */
export type Colour = (photo: Buffer, etag: string, figures: PhotoFigures) => Promise<Coloured>;

export interface ColouringPorts {
  settings: Pick<WorkerSettings, 'maxMegapixels' | 'workflow'>;
  /** The workflow's output for a PNG of so many megapixels. */
  infer: (png: Buffer, megapixels: number) => Promise<Buffer>;
  now: () => number;
}

export function colouring({ settings, infer, now }: ColouringPorts): Colour {
  const { input, output } = settings.workflow;
  return async (photo, etag, figures) => {
    const timed = async <T>(
      figure: 'prepareSeconds' | 'comfySeconds' | 'encodeSeconds',
      step: () => Promise<T>,
    ) => {
      const startMs = now();
      const result = await step();
      figures[figure] = seconds(now() - startMs);
      return result;
    };
    const picture = await timed('prepareSeconds', () =>
      readPicture(photo, settings.maxMegapixels, input.colour),
    );
    figures.megapixels = picture.megapixels;
    const made = await timed('comfySeconds', () => infer(picture.upload, picture.megapixels));
    const body = await timed('encodeSeconds', async () =>
      encodeResult(await readResult(made, picture, output.coloured), picture, etag),
    );
    return { body, contentType: CONTENT_TYPES[picture.format] };
  };
}
