/** The bucket of `watch-folder` for the suite of all buckets. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Results } from '../../../cli/colour/results.ts';
import { FolderBucket } from '../../../cli/watch-folder/folder-bucket.ts';
import { Journal } from '../../../cli/watch-folder/journal.ts';
import type { Scope } from '../../../common/scope.ts';
import type { Bucket } from '../../../worker/photo/bucket.ts';

export interface Made {
  bucket: Bucket;
  upload: (key: string, body: string, metadata?: Record<string, string>) => Promise<unknown>;
}

/** Two empty folders, removed with the scope. Metadata is that of the last upload: a folder has the same for all photos. */
export function folderBucket(scope: Scope): Made {
  const [photos, results] = [0, 1].map(() => mkdtempSync(join(tmpdir(), 'folder-'))) as [string, string];
  void scope.defer(() => [photos, results].forEach((folder) => rmSync(folder, { recursive: true })));
  const metadata: Record<string, string> = {};
  const bucket = new FolderBucket({
    ...{ photos, metadata, results: new Results(results), journal: Journal.open(results) },
    ...{ written: () => undefined, failed: () => undefined, now: Date.now },
  });
  return {
    bucket,
    upload: (key, body, given) => {
      Object.assign(metadata, given);
      writeFileSync(join(photos, key.slice('incoming/'.length)), body);
      return Promise.resolve();
    },
  };
}
