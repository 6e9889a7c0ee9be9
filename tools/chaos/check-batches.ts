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
  instance?: string;
  photo?: string;
  fault?: string;
  /** Charged so far. */
  attempt?: number;
  outcome?: string;
  batchPhotos?: number;
}

/** @param directory with a folder per instance */
export function journalLines(directory: string): string[] {
  const ids = existsSync(directory) ? readdirSync(directory) : [];
  return ids.flatMap((id) => readFileSync(journalFiles(directory, id).log, 'utf8').split('\n'));
}

/** @param texts lines of workers, and others */
export function batchesOf(texts: readonly string[]): BatchCheck {
  const check: BatchCheck = { shared: 0, failed: 0, charged: [] };
  const underWay = new Copies();
  const lines = texts.map(parsed).sort(({ time: a = '' }, { time: b = '' }) => (a < b ? -1 : a > b ? 1 : 0));
  for (const { event, photo = '', instance = '', fault, attempt = 0, outcome, batchPhotos = 1 } of lines) {
    if (event === 'photo-started') underWay.start(photo, instance);
    // A fault is logged before the end of its photo.
    const others = underWay.besides(photo, instance);
    if (event === 'photo-finished') underWay.end(photo, instance);
    if (event === 'batch-failed') check.failed++;
    if (batchPhotos < 2) continue;
    if (event === 'photo-finished' && outcome === 'succeeded') check.shared++;
    // The first fault is free, and a photo that had one shares no prompt. A second message of the same photo has its own attempt.
    if (event === 'attempt-failed' && fault === 'instance' && attempt > others)
      check.charged.push(
        `${photo} has ${attempt} attempts after a fault in a prompt of ${batchPhotos} photos`,
      );
  }
  return check;
}

/** Messages of the same photo, which SQS delivers again when a worker is late. */
class Copies {
  private readonly open = new Map<string, { instance: string; others: number }[]>();

  start(photo: string, instance: string): void {
    const copies = this.open.get(photo) ?? [];
    for (const copy of copies) copy.others++;
    this.open.set(photo, [...copies, { instance, others: copies.length }]);
  }

  /** How many others were worked on in the time of this one, whether they have ended or not. */
  besides(photo: string, instance: string): number {
    return this.open.get(photo)?.find((copy) => copy.instance === instance)?.others ?? 0;
  }

  end(photo: string, instance: string): void {
    const copies = this.open.get(photo) ?? [];
    const ended = copies.findIndex((copy) => copy.instance === instance);
    this.open.set(
      photo,
      copies.filter((_, k) => k !== ended),
    );
  }
}

/** A line that a killed worker has not finished is none. */
function parsed(text: string): Line {
  try {
    return JSON.parse(text) as Line;
  } catch {
    return {};
  }
}
