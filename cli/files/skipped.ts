/** Files that were passed over, in words. */
import { count } from '../shared/format.ts';
import { SKIP_REASONS, type SkippedFile, type SkipReason } from './walk.ts';

const SKIPPED: Record<SkipReason, (n: number) => string> = {
  'not-a-picture': (n) => `${n} that ${n === 1 ? 'is no picture' : 'are no pictures'}`,
  hidden: (n) => `${n} hidden or of the system`,
  'linked-folder': (n) => `${count(n, 'link')} to folders (name the folder itself to send its photos)`,
  'special-file': (n) => `${n} that ${n === 1 ? 'is no file' : 'are no files'} but pipes, sockets or devices`,
};

/** How many files of each kind were passed over. */
export function skippedLine(skipped: SkippedFile[]): string {
  const parts = SKIP_REASONS.map((reason) => {
    const n = skipped.filter((one) => one.reason === reason).length;
    return n === 0 ? [] : [SKIPPED[reason](n)];
  });
  return `Skipped ${count(skipped.length, 'file')}: ${parts.flat().join(', ')}.`;
}
