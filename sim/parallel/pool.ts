/** Runs policies on all cores but one, which is left to the bound. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Measures } from '../measure.ts';
import { POLICIES, policyOfKind } from '../policies/index.ts';
import { runPolicy } from '../result.ts';
import { scenarios, type Scenario, type ScenarioOptions } from '../scenario.ts';

export interface Task {
  scenario: ScenarioOptions;
  seed: number;
  /** Name of the policy. */
  policy: string;
  settings: Record<string, number>;
}

/** The latest scenario: tasks come in the order of their seeds. */
let last: { key: string; scenario: Scenario } | undefined;

/** Runs one policy, in a thread of the pool. */
export async function runTask(task: Task): Promise<Measures> {
  const key = JSON.stringify([task.scenario, task.seed]);
  if (last?.key !== key) last = { key, scenario: (await scenarios(task.scenario))(task.seed) };
  const kind = POLICIES.find((one) => one.name === task.policy);
  if (!kind) throw new Error(`unknown policy '${task.policy}'`);
  const { scenario } = last;
  return (await runPolicy(scenario, policyOfKind(kind, task.settings, scenario.world))).measures;
}

interface Reply {
  id: number;
  result?: Measures;
  error?: string;
}

/**
 * Runs all tasks, in any order.
 *
 * @param done called with the number of completed tasks
 * @returns results in the order of the tasks
 * @throws with policy, settings and seed when a task fails
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
