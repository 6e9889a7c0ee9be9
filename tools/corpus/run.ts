/** Runs rows of the corpus through the worker's path, several at a time. */
import { ImageProcesses } from '../../worker/imaging/image-processes.ts';
import { contentOf, type Row } from './manifest.ts';
import { compared, type Measured } from './measure.ts';
import { settings, throughWorker } from './worker-path.ts';

export interface RowResult extends Measured {
  row: Row;
}

const PROCESSES = 2;

/** @returns each row with what is wrong, in the order of the rows */
export async function runThroughWorker(rows: Row[]): Promise<RowResult[]> {
  const images = new ImageProcesses(settings, PROCESSES, () => undefined);
  const results: RowResult[] = [];
  const queue = [...rows.entries()];
  const take = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const [at, row] = next;
      const measured = await throughWorker(images, contentOf(row)).then(
        (outcome) => compared(row, outcome),
        (error: unknown) => ({ faults: [`expected ${row.outcome}, got ${String(error)}`] }),
      );
      results[at] = { row, ...measured };
    }
  };
  try {
    await Promise.all(Array.from({ length: PROCESSES }, take));
  } finally {
    images.close();
  }
  return results;
}
