/** An album with every format and property that a photo may have, and two files that are not photos. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';

/** A picture whose four corners differ, so that a wrong rotation shows. */
function corners(width: number, height: number): Promise<Buffer> {
  const pixels = Buffer.alloc(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++)
      pixels[y * width + x] = 40 + (x < width / 2 ? 0 : 60) + (y < height / 2 ? 0 : 110);
  }
  return sharp(pixels, { raw: { width, height, channels: 1 } })
    .png()
    .toBuffer();
}

/** Files of an album apart from copies: `photos` that can be coloured, and others that cannot. */
export const ALBUM = { photos: 7, broken: 2 };

/** @param copies further photos, each of another size */
export async function makeAlbum(folder: string, copies: number): Promise<void> {
  const put = (name: string, body: Buffer | string) => {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), body);
  };
  const landscape = await corners(640, 400);
  const jpeg = await sharp(landscape).jpeg().toBuffer();
  put('landscape.jpg', jpeg);
  put('turned by EXIF.jpg', await sharp(landscape).jpeg().withMetadata({ orientation: 6 }).toBuffer());
  put('sixteen bit.png', await sharp(landscape).toColourspace('grey16').png().toBuffer());
  put('print.jpg', await sharp(landscape).toColourspace('cmyk').jpeg().toBuffer());
  put('Grüße aus Köln/am Dom (1931).webp', await sharp(landscape).webp().toBuffer());
  put('scan.tif', await sharp(landscape).tiff().toBuffer());
  put('1+1=2 at 100%.jpg', jpeg);
  put('truncated.jpg', jpeg.subarray(0, jpeg.length / 2));
  put('letter.jpg', 'Dear grandmother,');
  for (let i = 0; i < copies; i++)
    put(
      `copies/${i}.jpg`,
      await sharp(landscape)
        .resize(200 + i)
        .jpeg()
        .toBuffer(),
    );
}
