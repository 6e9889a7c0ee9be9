/** The list of the bucket, in pages of a thousand: all that one request gives. */
import { ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import type { ListedOutcome, OutcomeListing } from '../ports.ts';

export class S3OutcomeListing implements OutcomeListing {
  constructor(
    private readonly s3: S3Client,
    private readonly bucket: string,
    /** @default - as many as S3 gives */
    private readonly pageSize?: number,
  ) {}

  async page(Prefix: string, StartAfter: string | undefined) {
    const {
      Contents = [],
      IsTruncated = false,
      EncodingType: encoding,
    } = await this.s3.send(
      new ListObjectsV2Command({
        ...{ Bucket: this.bucket, Prefix, StartAfter, MaxKeys: this.pageSize },
        // A key may have characters that XML has not: one of them would make the list unreadable.
        EncodingType: 'url',
      }),
    );
    const outcomes = Contents.map(({ Key = '', LastModified }): ListedOutcome => ({
      key: encoding === 'url' ? decodeURIComponent(Key.replaceAll('+', ' ')) : Key,
      storedAt: Math.floor((LastModified?.getTime() ?? 0) / 1000),
    }));
    return { outcomes, isLast: !IsTruncated };
  }
}
