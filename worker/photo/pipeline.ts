/**
 * Takes photos from bytes to bytes, several at a time: while ComfyUI runs one, the next are decoded, another prompt waits
 * there, and finished ones are merged and encoded.
 */
import { randomUUID } from 'node:crypto';
import { seconds } from '../../common/time.ts';
import type { QueueName } from '../../contract/lanes.ts';
import type { Remark } from '../../contract/photo-types.ts';
import { CONTENT_TYPES } from '../imaging/formats.ts';
import type { ImageProcessor, PreparedPhoto } from '../imaging/image-processor.ts';
import type { Batcher } from './batcher.ts';
import type { PhotoDeadline } from './deadline.ts';
import type { Choice, StepChoice } from './options.ts';
import type { AcquireSlot, Release, WeightedSemaphore } from './weighted-semaphore.ts';

/** What is logged and published about an attempt; filled as far as it got. */
export interface PhotoMeasurements {
  megapixels?: number;
  /** From upload to receive. */
  queueSeconds?: number;
  /** From upload to the start in ComfyUI. */
  waitSeconds?: number;
  fetchSeconds?: number;
  /** Decoding and normalising. */
  prepareSeconds?: number;
  /** Waiting for a ComfyUI slot. */
  slotWaitSeconds?: number;
  /** From the start to the picture, whole, however many photos shared the prompt. */
  comfySeconds?: number;
  /** Photos that shared its prompt, itself included; undefined where prompts take one photo. */
  batchPhotos?: number;
  /** Checking, merging and encoding what ComfyUI returned. */
  finishSeconds?: number;
  storeSeconds?: number;
}

export interface Attempt {
  /** Of its message. @default 'interactive' */
  queue?: QueueName;
  figures: PhotoMeasurements;
  /** Trace id of the upload; undefined until the photo's metadata is read. */
  trace?: string;
  /** Name of its workflow or chain, once it is known. @default - the stage has one workflow */
  workflow?: string;
  /** Of a chain: the workflow that it is at. */
  step?: string;
  /**
   * To be awaited when the photo has its ComfyUI slot.
   *
   * @throws AttemptsExhausted when it has no attempt left
   */
  started: () => Promise<void>;
  /**
   * Whether an earlier attempt at the photo failed; known when it has started.
   *
   * @default false
   */
  wasTried?: () => boolean;
}

export interface ColouredPhoto {
  body: Buffer;
  contentType: string;
  /** @default none */
  remarks?: readonly Remark[];
}

/**
 * Colours a photo.
 *
 * @param etag of the photo, written into the result
 * @throws PermanentFault, TransientFault, InstanceFault, DeadlineExceeded; CancelledBeforeStart, AttemptsExhausted
 */
export type ColourPhoto = (
  photo: Buffer,
  etag: string,
  attempt: Attempt,
  choice: Choice,
  deadline: PhotoDeadline,
) => Promise<ColouredPhoto>;

export interface PipelinePorts {
  images: ImageProcessor;
  /** Runs the workflow on a prepared photo. @returns the picture that it saved */
  infer: (
    picture: PreparedPhoto,
    acquireSlot: AcquireSlot,
    choice: StepChoice,
    signal: AbortSignal,
  ) => Promise<Buffer>;
  /**
   * What runs it on planes, of several photos in a prompt.
   *
   * @default - `infer`, with a prompt for each photo
   */
  batcherOf?: (choice: StepChoice) => Pick<Batcher, 'infer'>;
  comfyuiSlots: WeightedSemaphore;
  /** Capacity in megapixels. */
  memory: WeightedSemaphore;
  /** Aborted to cancel photos that have not started; a new one after each recovery of the instance. */
  drainSignal: () => AbortSignal;
  /** Monotonic milliseconds. */
  now: () => number;
}

/** Of a step after the first: its photo has started, and what has started is finished. */
const NEVER = new AbortController().signal;

export function createPipeline(ports: PipelinePorts): ColourPhoto {
  const { images, infer, batcherOf, comfyuiSlots, memory, drainSignal, now } = ports;
  return async (photo, etag, attempt, { output, colouredPhotos, next = [], ...first }, deadline) => {
    const { queue = 'interactive', figures, started, wasTried = () => false } = attempt;
    const { signal } = deadline;
    const timed = async <T>(figure: 'slotWaitSeconds' | 'finishSeconds', step: () => Promise<T>) => {
      const startMs = now();
      const result = await step();
      figures[figure] = seconds(now() - startMs);
      return result;
    };
    const id = randomUUID();
    deadline.step = 'decode';
    let releaseMemory: Release = () => undefined;
    let waitedMs = 0;
    let hasStarted = false;
    let comfyMs = 0;
    const reserve = async (megapixels: number) => {
      releaseMemory();
      deadline.allowFor({ megapixels });
      const startMs = now();
      releaseMemory = await deadline.paused(() => memory.acquire(megapixels, drainSignal(), queue));
      waitedMs += now() - startMs;
    };
    /** Runs a prepared photo through ComfyUI. @returns the picture that the workflow saved */
    const run = async (picture: PreparedPhoto, choice: StepChoice) => {
      deadline.step = 'comfyui';
      const cancel = hasStarted ? () => NEVER : drainSignal;
      let slotMs = now();
      const start = async () => {
        await started();
        hasStarted = true;
        slotMs = now();
      };
      const acquireSlot = async () => {
        const release = await timed('slotWaitSeconds', () =>
          deadline.paused(() => comfyuiSlots.acquire(1, cancel(), queue)),
        );
        // A photo whose message is returned by now must not start.
        if (signal.aborted) release();
        signal.throwIfAborted();
        await start().catch((error: unknown) => {
          release();
          throw error;
        });
        return release;
      };
      const inBatch = async (to: Pick<Batcher, 'infer'>) => {
        const readyMs = now();
        const { saved, photos } = await to.infer({
          queue,
          plane: picture.upload,
          options: choice.options,
          size: choice.look?.size,
          cancel: cancel(),
          signal,
          paused: (wait) => deadline.paused(wait),
          started: async (photos) => {
            figures.slotWaitSeconds = seconds(now() - readyMs);
            deadline.allowFor({ batch: photos });
            await start();
            figures.batchPhotos = wasTried() ? 1 : photos;
          },
          wasTried: () => wasTried(),
        });
        figures.batchPhotos = photos;
        return saved;
      };
      if (picture.isUnchanged) return Buffer.alloc(0);
      const saved = await (picture.isPlane && batcherOf
        ? inBatch(batcherOf(choice))
        : infer(picture, acquireSlot, choice, signal));
      comfyMs += now() - slotMs;
      figures.comfySeconds = seconds(comfyMs);
      return saved;
    };
    const enter = ({ look }: StepChoice) => {
      if (next.length > 0) attempt.step = look?.workflow;
    };
    try {
      const startMs = now();
      enter(first);
      let picture = await images.prepare(id, photo, output, signal, colouredPhotos, reserve, first.look);
      figures.prepareSeconds = seconds(now() - startMs - waitedMs);
      figures.megapixels = picture.megapixels;
      releaseMemory(picture.load);
      deadline.allowFor({ megapixels: picture.load, ...(next.length > 0 && { steps: 1 + next.length }) });
      let saved = await run(picture, first);
      for (const choice of next) {
        deadline.step = 'encode';
        picture = await images.advance(id, saved, choice.look, signal);
        enter(choice);
        saved = await run(picture, choice);
      }
      deadline.step = 'encode';
      const { file, remarks } = await timed('finishSeconds', () => images.finish(id, saved, etag, signal));
      return { body: file, contentType: CONTENT_TYPES[picture.format], remarks };
    } finally {
      images.discard(id);
      releaseMemory();
    }
  };
}
