/** Downloads the outcomes of photos from the bucket into a folder. */
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { S3Client } from '@aws-sdk/client-s3';
import { INCOMING, resultKey } from '../../contract/keys.ts';
import { readOutcomes, readFailure, readObject } from './outcomes.ts';
import type { Photo } from './photos.ts';

/**
 * Writes every result under its photo's name and every failure record as `<name>.failed.json`.
 *
 * Results of an earlier run are moved to `<directory>.previous`.
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
  const outcomes = await readOutcomes(s3, bucket, photos);
  for (const { name, key } of photos) {
    const target = join(directory, ...name.split('/'));
    mkdirSync(dirname(target), { recursive: true });
    const outcome = outcomes.get(key);
    if (outcome === 'succeeded')
      writeFileSync(target, (await readObject(s3, bucket, resultKey(INCOMING + key))).body);
    if (outcome === 'failed') {
      writeFileSync(
        `${target}.failed.json`,
        JSON.stringify(await readFailure(s3, bucket, key), undefined, 2),
      );
    }
  }
}
