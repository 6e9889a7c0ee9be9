/** Before each test file of `npm test` with `TEST_CPU` set: its processor time, with that of processes that have exited by its end. */
import { relative } from 'node:path';
import { afterAll, expect } from 'vitest';
import { processorSeconds, write } from '../../tools/processor-time.ts';

// Files of a worker share it, so that the imports of a file count as its own.
const worker = globalThis as { lastSeconds?: ReturnType<typeof processorSeconds> };
const before = worker.lastSeconds ?? { own: 0, children: 0 };

afterAll(() => {
  const now = processorSeconds();
  worker.lastSeconds = now;
  const file = relative(process.cwd(), expect.getState().testPath ?? '');
  write({ file, own: now.own - before.own, children: now.children - before.children });
});
