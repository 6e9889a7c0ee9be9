/** A thread of the studio: does what it is told, one thing at a time. */
import { parentPort, workerData } from 'node:worker_threads';
import { packed } from '../photo/packed-fault.ts';
import type { Answer, Call } from './studio-threads.ts';
import { LocalStudio, type StudioSettings } from './studio.ts';

const studio = new LocalStudio(workerData as StudioSettings);

async function done(call: Call): Promise<unknown> {
  switch (call.do) {
    case 'prepare':
      return studio.prepare(call.id, Buffer.from(call.body), call.output);
    case 'finish':
      return studio.finish(call.id, Buffer.from(call.output), call.source);
    case 'discard':
      return studio.discard(call.id);
  }
}

parentPort?.on('message', (call: Call) => {
  void done(call).then(
    (value) => parentPort?.postMessage({ value } satisfies Answer),
    (error: unknown) => parentPort?.postMessage({ fault: packed(error) } satisfies Answer),
  );
});
