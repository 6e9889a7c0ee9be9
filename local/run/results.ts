/** Downloads the outcomes of photos from the bucket into a folder. */
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { S3Client } from '@aws-sdk/client-s3';
import { foldFor, resultNames } from '../../cli/colour/result-names.ts';
import { pathOf } from '../../cli/files/names.ts';
import { shortened } from '../../contract/file-name.ts';
import { resultKey } from '../../contract/keys.ts';
import { readOutcomes, readFailure, readObject } from './outcomes.ts';
import type { Photo } from './photos.ts';

const FAILED_SUFFIX = '.failed.json';

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
  const names = resultNames(
    photos.map(({ name }) => name),
    await foldFor(directory),
  );
  for (const [k, { key }] of photos.entries()) {
    const target = join(directory, ...names[k]!.split('/'));
    mkdirSync(pathOf(dirname(target)), { recursive: true });
    const outcome = outcomes.get(key);
    if (outcome === 'succeeded')
      writeFileSync(pathOf(target), (await readObject(s3, bucket, resultKey(key))).body);
    if (outcome === 'failed') {
      const record = join(dirname(target), shortened(basename(target), '', FAILED_SUFFIX));
      writeFileSync(pathOf(record), JSON.stringify(await readFailure(s3, bucket, key), undefined, 2));
    }
  }
}
