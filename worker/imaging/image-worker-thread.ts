/** Entry of an image worker thread: executes one request at a time. */
import { parentPort, workerData } from 'node:worker_threads';
import { serializeFault } from '../photo/faults.ts';
import { LocalImageProcessor, type ImageSettings } from './image-processor.ts';
import type { ThreadReply, ThreadRequest } from './image-worker-threads.ts';

const images = new LocalImageProcessor(workerData as ImageSettings);

async function execute(request: ThreadRequest): Promise<unknown> {
  switch (request.do) {
    case 'prepare':
      return images.prepare(request.id, Buffer.from(request.body), request.output);
    case 'finish':
      return images.finish(request.id, Buffer.from(request.saved), request.source);
    case 'discard':
      return images.discard(request.id);
  }
}

parentPort?.on('message', (request: ThreadRequest) => {
  void execute(request).then(
    (value) => parentPort?.postMessage({ value } satisfies ThreadReply),
    (error: unknown) => parentPort?.postMessage({ fault: serializeFault(error) } satisfies ThreadReply),
  );
});
