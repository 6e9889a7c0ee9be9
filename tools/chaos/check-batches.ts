/** Reads in the instances' journals what prompts of several photos did to their photos. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { journalFiles } from '../../local/logs/journals.ts';

export interface BatchCheck {
  /** Photos that succeeded in a prompt that they shared. */
  shared: number;
  /** Prompts of several photos that failed. */
  failed: number;
  /** A sentence for each photo that was charged for a prompt that it shared. */
  charged: string[];
}

interface Line {
  time?: string;
  event?: string;
  photo?: string;
  fault?: string;
  /** Charged so far. */
  attempt?: number;
  outcome?: string;
  batchPhotos?: number;
}

/** @param directory with a folder per instance */
export function checkBatches(directory: string): BatchCheck {
  const ids = existsSync(directory) ? readdirSync(directory) : [];
  return batchesOf(ids.flatMap((id) => readFileSync(journalFiles(directory, id).log, 'utf8').split('\n')));
}

/** @param texts lines of workers, and others */
export function batchesOf(texts: readonly string[]): BatchCheck {
  const check: BatchCheck = { shared: 0, failed: 0, charged: [] };
  const underWay = new Map<string, number>();
  const lines = texts.map(parsed).sort(({ time: a = '' }, { time: b = '' }) => (a < b ? -1 : a > b ? 1 : 0));
  for (const { event, photo = '', fault, attempt = 0, outcome, batchPhotos = 1 } of lines) {
    const copies = underWay.get(photo) ?? 0;
    if (event === 'photo-started') underWay.set(photo, copies + 1);
    if (event === 'photo-finished') underWay.set(photo, copies - 1);
    if (event === 'batch-failed') check.failed++;
    if (batchPhotos < 2) continue;
    if (event === 'photo-finished' && outcome === 'succeeded') check.shared++;
    // The first fault is free, and a photo that had one shares no prompt. A second message of the same photo has its own attempt.
    if (event === 'attempt-failed' && fault === 'instance' && attempt > Math.max(0, copies - 1))
      check.charged.push(
        `${photo} has ${attempt} attempts after a fault in a prompt of ${batchPhotos} photos`,
      );
  }
  return check;
}

/** A line that a killed worker has not finished is none. */
function parsed(text: string): Line {
  try {
    return JSON.parse(text) as Line;
  } catch {
    return {};
  }
}
