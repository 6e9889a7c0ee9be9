/**
 * From the bytes of a photo to the bytes of its result, several photos at a time: while one is in ComfyUI the next are made
 * ready, one more prompt waits there, and what came out is merged and encoded behind it.
 */
import { randomUUID } from 'node:crypto';
import { CONTENT_TYPES } from '../imaging/formats.ts';
import type { WeightedSemaphore } from './weighted-semaphore.ts';
import type { Choice, Options } from './options.ts';
import { megapixelsIn } from '../imaging/decode.ts';
import type { PreparedPhoto, ImageProcessor } from '../imaging/image-processor.ts';
import { seconds } from '../../common/time.ts';

/** What the log says of a photo beside its end; filled as far as it got. */
export interface PhotoMeasurements {
  megapixels?: number;
  /** From its upload to its receipt. */
  queueSeconds?: number;
  /** From its upload to its start in ComfyUI. */
  waitSeconds?: number;
  fetchSeconds?: number;
  /** Decoding and normalising. */
  prepareSeconds?: number;
  /** Ready, until ComfyUI had room for it. */
  slotWaitSeconds?: number;
  comfySeconds?: number;
  /** Checking what came back, merging and encoding. */
  finishSeconds?: number;
  storeSeconds?: number;
}

/** One go at a photo. */
export interface Attempt {
  figures: PhotoMeasurements;
  /** To be called when it is its turn in ComfyUI. */
  started: () => void;
}

export interface ColouredPhoto {
  body: Buffer;
  contentType: string;
}

/**
 * Colours a photo.
 *
 * @param etag of the photo; the result carries it
 * @param choice of the photo
 * @throws PermanentFault, TransientFault, InstanceFault; CancelledBeforeStart while it had not started
 */
export type ColourPhoto = (
  photo: Buffer,
  etag: string,
  attempt: Attempt,
  choice: Choice,
) => Promise<ColouredPhoto>;

/** Waits for a turn. @returns to be called when it is over */
export type AcquireSlot = () => Promise<() => void>;

export interface PipelinePorts {
  studio: ImageProcessor;
  /** The workflow's output for what was made ready, once it has its turn. */
  infer: (picture: PreparedPhoto, turn: AcquireSlot, options: Options) => Promise<Buffer>;
  /** Prompts that ComfyUI has at a time. */
  comfyuiSlots: WeightedSemaphore;
  /** Megapixels that are in memory at a time. */
  memory: WeightedSemaphore;
  /** Calls those away who have not started; another one after each recovery of the machine. */
  drainSignal: () => AbortSignal;
  /** Milliseconds that only go forward. */
  now: () => number;
}

export function createPipeline({
  studio,
  infer,
  comfyuiSlots: lane,
  memory: pixels,
  drainSignal: away,
  now,
}: PipelinePorts): ColourPhoto {
  return async (photo, etag, { figures, started }, { output, options }) => {
    const timed = async <T>(
      figure: 'prepareSeconds' | 'slotWaitSeconds' | 'finishSeconds',
      step: () => Promise<T>,
    ) => {
      const startMs = now();
      const result = await step();
      figures[figure] = seconds(now() - startMs);
      return result;
    };
    const id = randomUUID();
    const leave = await pixels.acquire(await megapixelsIn(photo), away());
    try {
      const picture = await timed('prepareSeconds', () => studio.prepare(id, photo, output));
      figures.megapixels = picture.megapixels;
      let turnMs = now();
      const turn = async () => {
        const over = await timed('slotWaitSeconds', () => lane.acquire(1, away()));
        turnMs = now();
        started();
        return over;
      };
      const made = await infer(picture, turn, options);
      figures.comfySeconds = seconds(now() - turnMs);
      const body = await timed('finishSeconds', () => studio.finish(id, made, etag));
      return { body, contentType: CONTENT_TYPES[picture.format] };
    } finally {
      studio.discard(id);
      leave();
    }
  };
}
