/** Results of photos without a ComfyUI. */
import sharp from 'sharp';
import { LocalImageProcessor } from '../../../worker/imaging/image-processor.ts';
import { workflow } from './stand-in-comfyui.ts';

/** The result of a photo that a workflow has made brown. */
export async function resultOf(photo: Buffer, etag = 'v1') {
  const images = new LocalImageProcessor({ maxMegapixels: 1, path: 'plain', workflow });
  const { upload } = await images.prepare('one', photo);
  const { width, height } = await sharp(upload).metadata();
  const brown = sharp({ create: { width, height, channels: 3, background: '#a76' } });
  return images.finish('one', await brown.png().toBuffer(), etag);
}
