/**
 * Pixels of pictures in a worker thread, by strips: the whole of a large scan as RGBA would be more than a phone has.
 *
 * Gotchas:
 * - Some browsers give pages altered pixels, against fingerprinting; `pixelsAreTrue` finds out.
 * - A canvas beyond a browser's limit may draw nothing and say nothing: its far corner is written and read back first.
 * - Pixels of a canvas are kept multiplied by their opacity, so colours under faint ones come back coarse.
 */
import { BrowserError } from './image-messages.ts';

/** Rows at a time: some ten megabytes of a wide scan. */
const STRIP_ROWS = 256;
/** What a lossy format is written with; the service's own results are as fine. */
const QUALITY = 0.92;
/** Longer side of a picture that is only shown. */
const PREVIEW_SIDE = 1600;
/** Where altered pixels begin to show, of 255: some browsers alter the last bit of a few. */
const TOLERANCE = 3;

/** @throws HereError `unreadable-here` */
export async function decode(file: Blob): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(file, { imageOrientation: 'from-image', premultiplyAlpha: 'none' });
  } catch (cause) {
    throw new BrowserError('unreadable-here', { cause });
  }
}

/** The numbers of a picture that is no picture, as they are. */
export async function decodeNumbers(file: Blob): Promise<ImageData> {
  const bitmap = await createImageBitmap(file, { colorSpaceConversion: 'none', premultiplyAlpha: 'none' });
  const { width, height } = bitmap;
  const context = contextOf(width, height);
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return context.getImageData(0, 0, width, height);
}

/** @throws HereError `too-large-here` when there is no canvas of that size */
export function contextOf(width: number, height: number): OffscreenCanvasRenderingContext2D {
  try {
    const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
    if (!context) throw new RangeError(`no canvas of ${width} x ${height}`);
    context.fillRect(width - 1, height - 1, 1, 1);
    if (context.getImageData(width - 1, height - 1, 1, 1).data[3] !== 255)
      throw new RangeError(`a canvas of ${width} x ${height} stays empty`);
    context.clearRect(width - 1, height - 1, 1, 1);
    return context;
  } catch (cause) {
    throw new BrowserError('too-large-here', { cause });
  }
}

/** The pixels of a picture, some rows at a time from the top. */
export function* strips(bitmap: ImageBitmap): Generator<{ top: number; pixels: ImageData }> {
  const { width, height } = bitmap;
  const context = contextOf(width, Math.min(STRIP_ROWS, height));
  for (let top = 0; top < height; top += STRIP_ROWS) {
    const rows = Math.min(STRIP_ROWS, height - top);
    context.clearRect(0, 0, width, rows);
    context.drawImage(bitmap, 0, top, width, rows, 0, 0, width, rows);
    yield { top, pixels: context.getImageData(0, 0, width, rows) };
  }
}

/** @throws HereError `too-large-here` */
export async function encode({ canvas }: OffscreenCanvasRenderingContext2D, type: string): Promise<Blob> {
  try {
    return await canvas.convertToBlob({ type, quality: QUALITY });
  } catch (cause) {
    throw new BrowserError('too-large-here', { cause });
  }
}

/** A smaller copy to look at. */
export async function previewOf(picture: ImageBitmap | OffscreenCanvas): Promise<Blob> {
  const scale = Math.min(1, PREVIEW_SIDE / Math.max(picture.width, picture.height));
  const [width, height] = [picture.width, picture.height].map((side) =>
    Math.max(1, Math.round(side * scale)),
  ) as [number, number];
  const context = contextOf(width, height);
  context.imageSmoothingQuality = 'high';
  context.drawImage(picture, 0, 0, width, height);
  return encode(context, 'image/jpeg');
}

/** Whether what is written to a canvas can be read from it again. */
export function canvasIsAccurate(): boolean {
  const side = 16;
  const context = contextOf(side, side);
  const written = context.createImageData(side, side);
  for (let i = 0; i < written.data.length; i++) written.data[i] = i % 4 === 3 ? 255 : (i * 37) % 256;
  context.putImageData(written, 0, 0);
  const { data } = context.getImageData(0, 0, side, side);
  return data.every((value, i) => Math.abs(value - written.data[i]!) <= TOLERANCE);
}
