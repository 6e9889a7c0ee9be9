// A thread of each image process, which a hung decoder does not block: ends the process when a request exceeds its limits.
import { writeSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';

const POLL_MS = 50;
/** The process's stream: `image-process.ts`. */
const STREAM = 3;

/** `running` is 1 while a request is executed; `limits` has microseconds of CPU, milliseconds of uptime, and bytes. */
const running = new Int32Array(workerData, 0, 1);
const limits = new Float64Array(workerData, 8, 3);

function exceeded() {
  const { user, system } = process.cpuUsage();
  if (user + system > limits[0]) return 'processor time';
  if (process.uptime() * 1000 > limits[1]) return 'time';
  return process.memoryUsage.rss() > limits[2] ? 'memory' : undefined;
}

parentPort.postMessage('watching');
for (;;) {
  Atomics.wait(running, 0, 0);
  while (Atomics.load(running, 0) === 1) {
    Atomics.wait(running, 0, 1, POLL_MS);
    const what = Atomics.load(running, 0) === 1 ? exceeded() : undefined;
    if (what === undefined) continue;
    const header = Buffer.from(JSON.stringify({ exceeded: what }));
    const lengths = Buffer.alloc(8);
    lengths.writeUInt32LE(header.length, 0);
    try {
      writeSync(STREAM, Buffer.concat([lengths, header]));
    } finally {
      process.kill(process.pid, 'SIGKILL');
    }
  }
}
