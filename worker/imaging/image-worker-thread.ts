/** A thread of the studio: does what it is told, one thing at a time. */
import { parentPort, workerData } from 'node:worker_threads';
import { serializeFault } from '../photo/serialized-fault.ts';
import type { ThreadReply, ThreadRequest } from './image-worker-threads.ts';
import { LocalImageProcessor, type ImageSettings } from './image-processor.ts';

const studio = new LocalImageProcessor(workerData as ImageSettings);

async function done(call: ThreadRequest): Promise<unknown> {
  switch (call.do) {
    case 'prepare':
      return studio.prepare(call.id, Buffer.from(call.body), call.output);
    case 'finish':
      return studio.finish(call.id, Buffer.from(call.output), call.source);
    case 'discard':
      return studio.discard(call.id);
  }
}

parentPort?.on('message', (call: ThreadRequest) => {
  void done(call).then(
    (value) => parentPort?.postMessage({ value } satisfies ThreadReply),
    (error: unknown) => parentPort?.postMessage({ fault: serializeFault(error) } satisfies ThreadReply),
  );
});
