/**
 * The worker thread that does the browser's part: a small grey copy out of a photo, and the service's colours into it, by the
 * very modules that the GPU worker has.
 */
import { chromaOfAb } from '../../../colour/chroma.ts';
import { uprightExif } from '../../../colour/exif.ts';
import { exifOfJpeg, withJpegExif } from '../../../colour/jpeg.ts';
import { lightness, lightnessInto } from '../../../colour/lightness.ts';
import { Merger } from '../../../colour/merge.ts';
import { squareCopy } from '../../../colour/resample.ts';
import { contextOf, decode, decodeNumbers, encode, canvasIsAccurate, previewOf, strips } from './canvas.ts';
import {
  BrowserError,
  type RequestMessage,
  type ImageResults,
  type ImageRequest,
  type ReplyMessage,
} from './image-messages.ts';

const scope = self as unknown as DedicatedWorkerGlobalScopeLike;

/** The library for pages does not know what a thread's global object has. */
interface DedicatedWorkerGlobalScopeLike {
  onmessage: ((event: MessageEvent<RequestMessage>) => void) | null;
  postMessage(message: ReplyMessage): void;
}

const WORK: {
  [K in ImageRequest['kind']]: (task: Extract<ImageRequest, { kind: K }>) => Promise<ImageResults[K]>;
} = {
  check: async () => canvasIsAccurate(),
  prepare,
  finish,
  preview: async ({ file }) => {
    const bitmap = await decode(file);
    const preview = await previewOf(bitmap);
    bitmap.close();
    return preview;
  },
};

async function prepare({
  file,
  size,
}: Extract<ImageRequest, { kind: 'prepare' }>): Promise<ImageResults['prepare']> {
  const bitmap = await decode(file);
  const { width, height } = bitmap;
  const grey = new Uint8Array(width * height);
  for (const { top, pixels } of strips(bitmap)) lightnessInto(pixels.data, 4, grey, top * width);
  const small = squareCopy(grey, { width, height, channels: 1 }, size);
  const context = contextOf(size, size);
  const picture = context.createImageData(size, size);
  for (let i = 0; i < small.length; i++)
    picture.data.fill(small[i]!, 4 * i, 4 * i + 3).fill(255, 4 * i + 3, 4 * i + 4);
  context.putImageData(picture, 0, 0);
  const preview = await previewOf(bitmap);
  bitmap.close();
  return { grey: await encode(context, 'image/jpeg'), preview };
}

async function finish({
  file,
  chroma,
}: Extract<ImageRequest, { kind: 'finish' }>): Promise<ImageResults['finish']> {
  const numbers = await decodeNumbers(chroma);
  const small = chromaOfAb({ width: numbers.width, height: numbers.height, data: numbers.data, channels: 4 });
  const bitmap = await decode(file);
  const { width, height } = bitmap;
  const merger = new Merger(width, height, small);
  const whole = contextOf(width, height);
  for (const { top, pixels } of strips(bitmap)) {
    merger.merge(lightness(pixels.data, 4), top, top + pixels.height, pixels.data, 4);
    whole.putImageData(pixels, 0, top);
  }
  bitmap.close();
  const preview = await previewOf(whole.canvas);
  return { result: await withExif(await encode(whole, file.type), file, width, height), preview };
}

/** EXIF stands at the start of a file, and has a segment of 64 kB at most; others may stand before it. */
const HEAD_BYTES = 512 * 1024;

/** What the photo knows of itself: a JPEG's, which is where cameras write it. */
async function withExif(result: Blob, file: Blob, width: number, height: number): Promise<Blob> {
  if (result.type !== 'image/jpeg') return result;
  const found = exifOfJpeg(new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer()));
  const exif = found && uprightExif(found, width, height);
  if (!exif) return result;
  return new Blob([withJpegExif(new Uint8Array(await result.arrayBuffer()), exif)], { type: result.type });
}

scope.onmessage = ({ data: { id, ...task } }) => {
  const work = WORK[task.kind] as (task: ImageRequest) => Promise<ImageResults[keyof ImageResults]>;
  work(task).then(
    (value) => scope.postMessage({ id, value }),
    (error: unknown) => {
      const code = error instanceof BrowserError ? error.code : 'too-large-here';
      scope.postMessage({ id, code });
    },
  );
};
