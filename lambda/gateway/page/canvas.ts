/**
 * Reads and writes images in a worker thread, in strips: a large scan as RGBA would exceed a phone's memory.
 *
 * Gotchas:
 * - Some browsers alter the pixels that pages read, against fingerprinting; `canvasIsAccurate` detects that.
 * - A canvas beyond a browser's size limit may stay empty without an error: its last pixel is written and read back first.
 * - A canvas stores pixels multiplied by their opacity, so the colours of nearly transparent pixels lose precision.
 */
import { BrowserError } from './image-messages.ts';

/** About 10 MB of a wide scan. */
const STRIP_ROWS = 256;
/** Quality of lossy formats, as for results of the service. */
const QUALITY = 0.92;
/** Longer side in pixels. */
const PREVIEW_SIDE = 1600;
/** Of 255: some browsers alter the last bit of a few pixels, which is invisible. */
const TOLERANCE = 3;

/** @throws HereError `unreadable-in-browser` */
export async function decode(file: Blob): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(file, { imageOrientation: 'from-image', premultiplyAlpha: 'none' });
  } catch (cause) {
    throw new BrowserError('unreadable-in-browser', { cause });
  }
}

/** Pixel values without colour management, for a chroma. */
export async function decodeRaw(file: Blob): Promise<ImageData> {
  const bitmap = await createImageBitmap(file, { colorSpaceConversion: 'none', premultiplyAlpha: 'none' });
  const { width, height } = bitmap;
  const context = contextOf(width, height);
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return context.getImageData(0, 0, width, height);
}

/** @throws HereError `too-large-for-browser` when the browser has no canvas of this size */
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
    throw new BrowserError('too-large-for-browser', { cause });
  }
}

/** Pixels in strips from the top. */
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

/** @throws HereError `too-large-for-browser` */
export async function encode({ canvas }: OffscreenCanvasRenderingContext2D, type: string): Promise<Blob> {
  try {
    return await canvas.convertToBlob({ type, quality: QUALITY });
  } catch (cause) {
    throw new BrowserError('too-large-for-browser', { cause });
  }
}

/** A smaller JPEG. */
export async function previewOf(image: ImageBitmap | OffscreenCanvas): Promise<Blob> {
  const scale = Math.min(1, PREVIEW_SIDE / Math.max(image.width, image.height));
  const [width, height] = [image.width, image.height].map((side) =>
    Math.max(1, Math.round(side * scale)),
  ) as [number, number];
  const context = contextOf(width, height);
  context.imageSmoothingQuality = 'high';
  context.drawImage(image, 0, 0, width, height);
  return encode(context, 'image/jpeg');
}

/** Whether pixels written to a canvas are read back unchanged. */
export function canvasIsAccurate(): boolean {
  const side = 16;
  const context = contextOf(side, side);
  const written = context.createImageData(side, side);
  for (let i = 0; i < written.data.length; i++) written.data[i] = i % 4 === 3 ? 255 : (i * 37) % 256;
  context.putImageData(written, 0, 0);
  const { data } = context.getImageData(0, 0, side, side);
  return data.every((value, i) => Math.abs(value - written.data[i]!) <= TOLERANCE);
}
