/** Small photos for a stack at work, and what has become of them. */
import sharp from 'sharp';
import { INCOMING } from '../../../contract/keys.ts';
import { readOutcomes } from '../../../local/run/outcomes.ts';
import { submit, type Photo } from '../../../local/run/photos.ts';
import type { LocalStack } from '../../../local/run/stack.ts';

export class Traffic {
  private readonly photos: Photo[] = [];
  private readonly bucket: string;
  private body: Buffer | undefined;

  constructor(private readonly stack: Pick<LocalStack, 's3' | 'outputs'>) {
    this.bucket = stack.outputs.BucketName ?? '';
  }

  /** So many as were submitted. */
  get submitted(): number {
    return this.photos.length;
  }

  async submit(count: number): Promise<void> {
    const body = (this.body ??= await sharp({
      create: { width: 64, height: 48, channels: 3, background: '#777' },
    })
      .jpeg()
      .toBuffer());
    const more = Array.from({ length: count }, (_, k) => {
      const name = `many/${this.photos.length + k}.jpg`;
      return { name, key: INCOMING + name, read: () => Promise.resolve(body) };
    });
    this.photos.push(...more);
    await submit(this.stack.s3, this.bucket, more, new AbortController().signal, () => undefined);
  }

  /** Of each photo. */
  async outcomes(): Promise<string[]> {
    return [...(await readOutcomes(this.stack.s3, this.bucket, this.photos)).values()];
  }

  /** Photos without an outcome. */
  async open(): Promise<number> {
    return (await this.outcomes()).filter((outcome) => outcome === 'none').length;
  }
}
