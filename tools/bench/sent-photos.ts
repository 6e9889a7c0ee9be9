/** Photos that the clients of the gateway benchmark upload, and the check of their results. */
import sharp from 'sharp';
import { photo } from './photos.ts';

/** A photo to upload. No two have the same size, so that a result of another photo is detected. */
export interface Sent {
  body: Uint8Array<ArrayBuffer>;
  width: number;
  height: number;
}

const MEGAPIXELS = [0.1, 0.15, 0.2, 0.25, 0.3];

export const sentPhotos = (): Promise<Sent[]> =>
  Promise.all(
    MEGAPIXELS.map(async (megapixels, k) => {
      const jpeg = await photo(k, megapixels);
      const { width, height } = await sharp(jpeg).metadata();
      return { body: new Uint8Array(jpeg), width, height };
    }),
  );

/** @returns the problem of a result; undefined for an image of the photo's size */
export async function wrongWith(result: Blob, { width, height }: Sent): Promise<string | undefined> {
  const read = sharp(Buffer.from(await result.arrayBuffer()))
    .raw()
    .toBuffer({ resolveWithObject: true });
  const info = await read.then((decoded) => decoded.info).catch(() => undefined);
  if (!info) return 'the result is not an image';
  if (info.width === width && info.height === height) return undefined;
  return `the result has ${info.width} x ${info.height} pixels, the photo ${width} x ${height}`;
}
