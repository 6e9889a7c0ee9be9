/**
 * Entry of an image process: executes one request at a time, on stream 3, until that ends. It gets no environment, no
 * credentials and no files but those in the requests, and ends itself when a request exceeds its limits.
 */
import { once } from 'node:events';
import { Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import sharp from 'sharp';
import { serializeFault } from '../photo/faults.ts';
import { encodeFrame, FrameReader, type Frame } from './frames.ts';
import { LocalImageProcessor } from './image-processor.ts';
import {
  REQUEST_LIMITS,
  requestSchema,
  resultMegapixels,
  type ImageRequest,
  type RequestOf,
} from './image-protocol.ts';
import { advanceLimits, finishLimits, headLimits, prepareLimits, type RequestLimits } from './limits.ts';

/** Of systemd's socket activation, and the first one after the standard streams. */
const STREAM = 3;

// Decoders of other formats are never reached: the format is recognised first. This is the second lock.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: ['Jpeg', 'Png', 'Webp', 'Tiff', 'Heif'].map((format) => `VipsForeignLoad${format}Buffer`),
});

const shared = new SharedArrayBuffer(32);
const running = new Int32Array(shared, 0, 1);
const limitValues = new Float64Array(shared, 8, 3);
const watchdog = new Worker(new URL('./image-watchdog.mjs', import.meta.url), { workerData: shared });
// No request is read before it watches. Without it, the process ends here.
await once(watchdog, 'message');
watchdog.unref();

/** From now on these limits apply. */
function limit({ cpuSeconds, seconds, bytes }: RequestLimits): void {
  const { user, system } = process.cpuUsage();
  limitValues.set([
    user + system + cpuSeconds * 1e6,
    (process.uptime() + seconds) * 1000,
    process.memoryUsage.rss() + bytes,
  ]);
  Atomics.store(running, 0, 1);
  Atomics.notify(running, 0);
}

const megabytes = () => Math.round(process.memoryUsage.rss() / 1e6);

const stream = new Socket({ fd: STREAM, readable: true, writable: true });
const reply = (header: unknown, body?: Uint8Array) => {
  for (const part of encodeFrame(header, body)) if (part.length > 0) stream.write(part);
};

let images: LocalImageProcessor | undefined;
let scale = 1;
const reader = new FrameReader(REQUEST_LIMITS);
/** Of the photos that are held. */
const megapixelsOf = new Map<string, number>();

async function execute(
  images: LocalImageProcessor,
  request: Exclude<ImageRequest, { do: 'start' }>,
  body: Buffer,
): Promise<[value: unknown, body?: Uint8Array]> {
  switch (request.do) {
    case 'inspect':
      limit(headLimits());
      return [{ megapixels: await images.inspect(body, request.look) }];
    case 'prepare': {
      limit(headLimits());
      try {
        const { upload, ...prepared } = await prepare(images, request, body);
        return [prepared, upload];
      } catch (error) {
        if (error instanceof NotReserved) return [{ needs: error.load }];
        throw error;
      }
    }
    case 'advance': {
      const { id, look } = request;
      limit(advanceLimits(megapixelsOf.get(id) ?? 0));
      const { upload, ...prepared } = await images.advance(id, body, look);
      return [prepared, upload];
    }
    case 'finish': {
      limit(finishLimits((megapixelsOf.get(request.id) ?? 0) * scale));
      megapixelsOf.delete(request.id);
      const { file, ...value } = await images.finish(request.id, body, request.source);
      return [value, file];
    }
    case 'colours':
      limit(finishLimits(1));
      return [await images.colours(body)];
    case 'discard':
      megapixelsOf.delete(request.id);
      images.discard(request.id);
      return [{}];
  }
}

/** The photo takes more than the memory that is reserved for it. */
class NotReserved extends Error {
  constructor(readonly load: number) {
    super(`a load of ${load} megapixels`);
  }
}

/** @throws NotReserved before its pixels are decoded */
function prepare(images: LocalImageProcessor, request: RequestOf<'prepare'>, body: Buffer) {
  const { id, output, colouredPhotos, look, megapixels = Infinity } = request;
  const reserve = async (load: number) => {
    if (load > megapixels) throw new NotReserved(load);
    limit(prepareLimits(load));
    megapixelsOf.set(id, load);
  };
  return images.prepare(id, body, output, undefined, colouredPhotos, reserve, look);
}

async function handle({ header, body }: Frame): Promise<void> {
  const request = requestSchema.parse(header);
  if (request.do === 'start') {
    const { settings } = request;
    images = new LocalImageProcessor(settings);
    scale = resultMegapixels(settings) / settings.maxMegapixels;
    return reply({ value: {}, megabytes: megabytes() });
  }
  if (!images) throw new Error('the first request must have the settings');
  try {
    const [value, result] = await execute(images, request, body);
    reply({ value, megabytes: megabytes() }, result);
  } catch (error) {
    reply({ fault: serializeFault(error), megabytes: megabytes() });
  } finally {
    Atomics.store(running, 0, 0);
    Atomics.notify(running, 0);
  }
}

let last = Promise.resolve();
stream.on('data', (chunk) => {
  for (const frame of reader.push(chunk)) last = last.then(() => handle(frame));
});
// The worker has ended, or has given this process up.
for (const event of ['end', 'error', 'close']) stream.on(event, () => process.exit(0));
