// A thread of the pool. Plain JavaScript, since it has to register the loader that reads TypeScript.
import { parentPort } from 'node:worker_threads';
import { register } from 'tsx/esm/api';

register();
const { perform } = await import('./task.ts');
parentPort.on('message', ({ id, task }) => {
  perform(task).then(
    (result) => parentPort.postMessage({ id, result }),
    (error) => parentPort.postMessage({ id, error: error instanceof Error ? error.message : String(error) }),
  );
});
