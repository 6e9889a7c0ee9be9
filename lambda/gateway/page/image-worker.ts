/** Image worker thread of the page: makes grey copies and merges colours, by the same modules as the GPU worker. */
import { chromaOfAb, withStrength } from '../../../colour/chroma.ts';
import { lightness, lightnessInto } from '../../../colour/lightness.ts';
import { Merger } from '../../../colour/merge.ts';
import { squareCopy } from '../../../colour/resample.ts';
import { decodesAsTheService } from './decoding.ts';
import { asItsBytesSay } from './file-type.ts';
import { withMetadataOf } from './metadata.ts';
import { canvasIsAccurate, contextOf, decode, decodeRaw, encode, previewOf, strips } from './canvas.ts';
import {
  BrowserError,
  type ImageRequest,
  type ImageResults,
  type ReplyMessage,
  type RequestMessage,
} from './image-messages.ts';

/** TypeScript's DOM library has the global object of pages only. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<RequestMessage>) => void) | null;
  postMessage(message: ReplyMessage): void;
}
const scope = self as unknown as WorkerScope;

const HANDLERS: {
  [K in ImageRequest['kind']]: (request: Extract<ImageRequest, { kind: K }>) => Promise<ImageResults[K]>;
} = {
  check: async () => canvasIsAccurate(),
  prepare,
  merge,
  tint: async (request) => previewOf((await mergedCanvas(request.file, request)).canvas),
  preview: async ({ file }) => {
    const bitmap = await decode(file);
    const preview = await previewOf(bitmap);
    bitmap.close();
    return preview;
  },
};

async function prepare({
  file: chosen,
  size,
}: Extract<ImageRequest, { kind: 'prepare' }>): Promise<ImageResults['prepare']> {
  const file = await asItsBytesSay(chosen);
  if (!(await decodesAsTheService(file))) throw new BrowserError('unreadable-in-browser');
  const bitmap = await decode(file);
  const { width, height } = bitmap;
  const grey = new Uint8Array(width * height);
  for (const { top, pixels } of strips(bitmap)) lightnessInto(pixels.data, 4, grey, top * width);
  const small = squareCopy(grey, { width, height, channels: 1 }, size);
  const context = contextOf(size, size);
  const image = context.createImageData(size, size);
  for (let i = 0; i < small.length; i++)
    image.data.fill(small[i]!, 4 * i, 4 * i + 3).fill(255, 4 * i + 3, 4 * i + 4);
  context.putImageData(image, 0, 0);
  const preview = await previewOf(bitmap);
  bitmap.close();
  return { grey: await encode(context, 'image/jpeg'), preview };
}

type Colours = Pick<Extract<ImageRequest, { kind: 'merge' }>, 'chroma' | 'strength'>;

async function mergedCanvas(file: Blob, { chroma, strength = 100 }: Colours) {
  const { width: chromaWidth, height: chromaHeight, data } = await decodeRaw(chroma);
  const whole = chromaOfAb({ width: chromaWidth, height: chromaHeight, data, channels: 4 });
  const bitmap = await decode(file);
  const { width, height } = bitmap;
  const merger = new Merger(width, height, withStrength(whole, strength));
  const result = contextOf(width, height);
  for (const { top, pixels } of strips(bitmap)) {
    merger.merge(lightness(pixels.data, 4), top, top + pixels.height, pixels.data, 4);
    result.putImageData(pixels, 0, top);
  }
  bitmap.close();
  return result;
}

async function merge({
  file: chosen,
  ...colours
}: Extract<ImageRequest, { kind: 'merge' }>): Promise<ImageResults['merge']> {
  const file = await asItsBytesSay(chosen);
  const result = await mergedCanvas(file, colours);
  const { width, height } = result.canvas;
  const preview = await previewOf(result.canvas);
  return { result: await withMetadataOf(file, await encode(result, file.type), { width, height }), preview };
}

scope.onmessage = ({ data: { id, ...request } }) => {
  const handler = HANDLERS[request.kind] as (
    request: ImageRequest,
  ) => Promise<ImageResults[keyof ImageResults]>;
  handler(request).then(
    (value) => scope.postMessage({ id, value }),
    (error: unknown) => {
      const code = error instanceof BrowserError ? error.code : 'too-large-for-browser';
      scope.postMessage({ id, code });
    },
  );
};
