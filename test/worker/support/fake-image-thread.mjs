// An image worker thread that does what the body of each request says: `die`, `hang`, `fault`, anything else is prepared.
// It checks that it only gets photos that it holds.
import { parentPort } from 'node:worker_threads';

const held = new Map();
let prepared = 0;

parentPort.on('message', (request) => {
  const { do: what, id } = request;
  if (what === 'prepare') {
    const body = Buffer.from(request.body).toString();
    if (body === 'die') throw new Error('out of memory');
    if (body === 'hang') return;
    if (body === 'fault')
      return parentPort.postMessage({
        fault: { kind: 'permanent', code: 'unreadable-image', message: 'no picture', cause: 'bad header' },
      });
    held.set(id, body);
    const order = ++prepared;
    return parentPort.postMessage({ value: { id, format: 'png', upload: Buffer.from(body), order } });
  }
  const body = held.get(id);
  if (body === undefined) throw new Error(`photo ${id} is not held by this thread`);
  held.delete(id);
  if (what === 'discard') return parentPort.postMessage({ value: undefined });
  if (body === 'die in finish') throw new Error('out of memory');
  const text = `${body} ${Buffer.from(request.saved).toString()} ${request.source}`;
  parentPort.postMessage({ value: Buffer.from(text) });
});
