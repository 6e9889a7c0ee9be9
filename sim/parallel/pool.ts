/** Runs over all cores but one, which is left to the bound. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Measures } from '../measure.ts';
import type { Task } from './task.ts';

interface Reply {
  id: number;
  result?: Measures;
  error?: string;
}

/**
 * Performs all tasks, in no particular order.
 *
 * @param done is told how many are done
 * @returns results in the order of the tasks
 * @throws when one of them fails
 */
export async function runAll(
  tasks: Task[],
  done: (count: number) => void,
  threads = Math.max(1, availableParallelism() - 1),
): Promise<Measures[]> {
  const results: Measures[] = [];
  let next = 0;
  let count = 0;
  const one = () =>
    new Promise<void>((resolve, reject) => {
      const worker = new Worker(new URL('./worker.mjs', import.meta.url));
      const feed = () => {
        if (next === tasks.length) {
          void worker.terminate();
          resolve();
          return;
        }
        worker.postMessage({ id: next, task: tasks[next] });
        next++;
      };
      worker.on('message', ({ id, result, error }: Reply) => {
        if (error !== undefined || !result) {
          void worker.terminate();
          const { policy, settings, seed } = tasks[id] as Task;
          reject(new Error(`${policy} ${JSON.stringify(settings)}, seed ${seed}: ${error}`));
          return;
        }
        results[id] = result;
        done(++count);
        feed();
      });
      worker.on('error', reject);
      feed();
    });
  await Promise.all(Array.from({ length: Math.min(threads, tasks.length) }, one));
  return results;
}
