/** Puts photos into the bucket, as any S3 client would. */
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { INCOMING } from '../../contract/keys.ts';
import type { Photo } from './photos.ts';

/** Photos on their way at once: the local AWS answers one request at a time. */
const WIDTH = 8;

/** Submits all in one burst; `onSubmitted` is called after each. */
export async function submit(
  s3: S3Client,
  bucket: string,
  photos: Photo[],
  abort: AbortSignal,
  onSubmitted: (photo: Photo) => void,
): Promise<void> {
  const waiting = [...photos];
  const worker = async () => {
    for (let photo = waiting.shift(); photo; photo = waiting.shift()) {
      abort.throwIfAborted();
      const Body = await photo.read();
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key: INCOMING + photo.key, Body }));
      onSubmitted(photo);
    }
  };
  await Promise.all(Array.from({ length: WIDTH }, worker));
}
