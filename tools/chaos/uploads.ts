/** The product that uses the service: uploads photos, again and in new versions, and knows what it should get for each. */
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { INCOMING } from '../../contract/keys.ts';
import { chaosPhoto, VERSIONS, type ChaosPhoto } from './photos.ts';

/** The latest version of a photo, as it was stored. */
export interface Upload extends ChaosPhoto {
  version: number;
  etag: string;
}

const WIDTH = 4;

export class Uploads {
  /** By number. */
  readonly photos = new Map<number, Upload>();
  private readonly busy = new Set<number>();

  constructor(
    private readonly s3: S3Client,
    private readonly bucket: string,
  ) {}

  async submitAll(count: number, abort: AbortSignal): Promise<void> {
    const waiting = Array.from({ length: count }, (_, k) => k);
    const hand = async () => {
      for (let number = waiting.shift(); number !== undefined; number = waiting.shift()) {
        abort.throwIfAborted();
        await this.upload(number, 0);
      }
    };
    await Promise.all(Array.from({ length: WIDTH }, hand));
  }

  /** @returns false when it has no further version, or is just being uploaded */
  async replace(number: number): Promise<boolean> {
    const photo = this.photos.get(number);
    return photo !== undefined && photo.version + 1 < VERSIONS && this.upload(number, photo.version + 1);
  }

  async sendAgain(number: number): Promise<boolean> {
    const photo = this.photos.get(number);
    return photo !== undefined && this.upload(number, photo.version);
  }

  /** One at a time for each photo, so that it is known which one is the latest. */
  private async upload(number: number, version: number): Promise<boolean> {
    if (this.busy.has(number)) return false;
    this.busy.add(number);
    try {
      const photo = chaosPhoto(number, version);
      const Body = await photo.make();
      const { ETag = '' } = await this.s3.send(
        new PutObjectCommand({ Bucket: this.bucket, Key: INCOMING + photo.key, Body }),
      );
      this.photos.set(number, { ...photo, version, etag: ETag.replaceAll('"', '') });
      return true;
    } finally {
      this.busy.delete(number);
    }
  }
}
