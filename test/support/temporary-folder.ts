/**
 * Gives a run of the tests a temporary folder of its own and deletes it afterwards: the CDK, the stand-in and child processes leave
 * files in theirs.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export default function useTemporaryFolder(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'ddcolor-tests-'));
  // The test workers start later and inherit it.
  process.env.TMPDIR = folder;
  return () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}
