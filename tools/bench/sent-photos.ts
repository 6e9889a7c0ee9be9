/** What clients of a gateway send when they are measured, and whether it came back as it should. */
import sharp from 'sharp';
import { photo } from './photos.ts';

/** A photo that clients send. Several do, but no two photos have one size, so that a wrong one is seen. */
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

/** @returns what is wrong with a result; undefined for a picture of the photo's size */
export async function wrongWith(result: Blob, { width, height }: Sent): Promise<string | undefined> {
  const read = sharp(Buffer.from(await result.arrayBuffer()))
    .raw()
    .toBuffer({ resolveWithObject: true });
  const info = await read.then((decoded) => decoded.info).catch(() => undefined);
  if (!info) return 'the result is no picture';
  if (info.width === width && info.height === height) return undefined;
  return `the result has ${info.width} x ${info.height} pixels, the photo ${width} x ${height}`;
}
