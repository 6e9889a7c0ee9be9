/** Brings the ends of the photos out of the bucket and into a folder. */
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { S3Client } from '@aws-sdk/client-s3';
import { INCOMING, resultKey } from '../../contract/keys.ts';
import { readEnds, readFailure, readObject } from './outcomes.ts';
import type { Photo } from './photos.ts';

/**
 * Writes every result under its photo's name and every failure as `<name>.failed.json`.
 *
 * What an earlier run left moves to `<directory>.previous`: a run starts clean, and nobody's pictures vanish.
 */
export async function saveResults(
  s3: S3Client,
  bucket: string,
  photos: Photo[],
  directory: string,
): Promise<void> {
  if (existsSync(directory)) {
    rmSync(`${directory}.previous`, { recursive: true, force: true });
    renameSync(directory, `${directory}.previous`);
  }
  const ends = await readEnds(s3, bucket, photos);
  for (const { name, key } of photos) {
    const target = join(directory, ...name.split('/'));
    mkdirSync(dirname(target), { recursive: true });
    const end = ends.get(key);
    if (end === 'coloured')
      writeFileSync(target, (await readObject(s3, bucket, resultKey(INCOMING + key))).body);
    if (end === 'failed') {
      writeFileSync(
        `${target}.failed.json`,
        JSON.stringify(await readFailure(s3, bucket, key), undefined, 2),
      );
    }
  }
}
