/**
 * From the bytes of a photo to the bytes of its result, several photos at a time: while one is in ComfyUI the next are made
 * ready, one more prompt waits there, and what came out is merged and encoded behind it.
 */
import { randomUUID } from 'node:crypto';
import { CONTENT_TYPES } from './formats.ts';
import type { Gate } from '../photo/gate.ts';
import type { Choice, Options } from '../photo/options.ts';
import { megapixelsIn } from './picture.ts';
import type { Prepared, Studio } from './studio.ts';
import { seconds } from '../../common/time.ts';

/** What the log says of a photo beside its end; filled as far as it got. */
export interface PhotoFigures {
  megapixels?: number;
  /** From its upload to its receipt. */
  queueSeconds?: number;
  /** From its upload to its start in ComfyUI. */
  waitSeconds?: number;
  fetchSeconds?: number;
  /** Decoding and normalising. */
  prepareSeconds?: number;
  /** Ready, until ComfyUI had room for it. */
  laneSeconds?: number;
  comfySeconds?: number;
  /** Checking what came back, merging and encoding. */
  finishSeconds?: number;
  storeSeconds?: number;
}

/** One go at a photo. */
export interface Attempt {
  figures: PhotoFigures;
  /** To be called when it is its turn in ComfyUI. */
  started: () => void;
}

export interface Coloured {
  body: Buffer;
  contentType: string;
}

/**
 * Colours a photo.
 *
 * @param etag of the photo; the result carries it
 * @param choice of the photo
 * @throws PermanentFault, TransientFault, InfraFault; CalledAway while it had not started
 */
export type Colour = (photo: Buffer, etag: string, attempt: Attempt, choice: Choice) => Promise<Coloured>;

/** Waits for a turn. @returns to be called when it is over */
export type Turn = () => Promise<() => void>;

export interface ColouringPorts {
  studio: Studio;
  /** The workflow's output for what was made ready, once it has its turn. */
  infer: (picture: Prepared, turn: Turn, options: Options) => Promise<Buffer>;
  /** Prompts that ComfyUI has at a time. */
  lane: Gate;
  /** Megapixels that are in memory at a time. */
  pixels: Gate;
  /** Calls those away who have not started; another one after each recovery of the machine. */
  away: () => AbortSignal;
  /** Milliseconds that only go forward. */
  now: () => number;
}

export function colouring({ studio, infer, lane, pixels, away, now }: ColouringPorts): Colour {
  return async (photo, etag, { figures, started }, { output, options }) => {
    const timed = async <T>(
      figure: 'prepareSeconds' | 'laneSeconds' | 'finishSeconds',
      step: () => Promise<T>,
    ) => {
      const startMs = now();
      const result = await step();
      figures[figure] = seconds(now() - startMs);
      return result;
    };
    const id = randomUUID();
    const leave = await pixels.enter(await megapixelsIn(photo), away());
    try {
      const picture = await timed('prepareSeconds', () => studio.prepare(id, photo, output));
      figures.megapixels = picture.megapixels;
      let turnMs = now();
      const turn = async () => {
        const over = await timed('laneSeconds', () => lane.enter(1, away()));
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
