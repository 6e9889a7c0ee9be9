/** Uploads photos, again and in new versions, and keeps the latest version of each. */
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { QueueName } from '../../contract/lanes.ts';
import { chaosPhoto, VERSIONS, type ChaosPhoto } from './photos.ts';

/** Latest stored version of a photo. */
export interface Upload extends ChaosPhoto {
  version: number;
  etag: string;
  /** When this version was uploaded first, epoch milliseconds: the same bytes again are the same photo. */
  uploadedAtMs: number;
}

const CONCURRENT_UPLOADS = 4;

export class Uploads {
  /** Latest versions by photo number. */
  readonly photos = new Map<number, Upload>();
  private readonly busy = new Set<number>();

  constructor(
    private readonly s3: S3Client,
    private readonly bucket: string,
    private readonly queueOf: (number: number) => QueueName,
  ) {}

  async submitAll(count: number, abort: AbortSignal): Promise<void> {
    const queue = Array.from({ length: count }, (_, k) => k);
    const uploadAll = async () => {
      for (let number = queue.shift(); number !== undefined; number = queue.shift()) {
        abort.throwIfAborted();
        await this.upload(number, 0);
      }
    };
    await Promise.all(Array.from({ length: CONCURRENT_UPLOADS }, uploadAll));
  }

  /** Uploads the next version. @returns false for the last version, or while an upload of the photo runs */
  async replace(number: number): Promise<boolean> {
    const photo = this.photos.get(number);
    return photo !== undefined && photo.version + 1 < VERSIONS && this.upload(number, photo.version + 1);
  }

  async sendAgain(number: number): Promise<boolean> {
    const photo = this.photos.get(number);
    return photo !== undefined && this.upload(number, photo.version);
  }

  /** One upload at a time per photo, so that the latest version is known. */
  private async upload(number: number, version: number): Promise<boolean> {
    if (this.busy.has(number)) return false;
    this.busy.add(number);
    try {
      const photo = chaosPhoto(number, version, this.queueOf(number));
      const Body = await photo.make();
      const startMs = Date.now();
      const { ETag = '' } = await this.s3.send(
        new PutObjectCommand({ Bucket: this.bucket, Key: photo.key, Body }),
      );
      const before = this.photos.get(number);
      const uploadedAtMs = before?.version === version ? before.uploadedAtMs : startMs;
      this.photos.set(number, { ...photo, version, etag: ETag.replaceAll('"', ''), uploadedAtMs });
      return true;
    } finally {
      this.busy.delete(number);
    }
  }
}
