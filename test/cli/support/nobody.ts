/** Modes of files do not count for the superuser: runs a test as a user for whom they do. */
import { execFileSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { dirname } from 'node:path';

const NOBODY = 65_534;

/** Whether this is a superuser. */
const isRoot = process.getuid?.() === 0;

/** @param folder that this user gets, with everything in it */
export async function asNobody<T>(folder: string, body: () => Promise<T>): Promise<T> {
  if (!isRoot) return body();
  // Temporary folders are closed to other users.
  chmodSync(dirname(folder), 0o711);
  execFileSync('chown', ['-hR', `${NOBODY}:${NOBODY}`, folder]);
  process.seteuid!(NOBODY);
  try {
    return await body();
  } finally {
    process.seteuid!(0);
  }
}
