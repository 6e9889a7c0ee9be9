/** The request that an image process is sent while it executes one: which, and what becomes of it. */
import { rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { encodeFrame } from '../../worker/imaging/frames.ts';
import { socketProcesses } from '../../worker/imaging/image-connection.ts';
import type { ImageSettings } from '../../worker/imaging/image-processor.ts';
import { ImageProcesses } from '../../worker/imaging/image-processes.ts';
import { FakeProcesses, png } from './support/fake-image-process.ts';
import { memoryLog } from './support/memory.ts';
import { workflow } from './support/stand-in-comfyui.ts';

const settings: ImageSettings = { maxMegapixels: 100, path: 'chroma', workflow };
const body = (text: string) => Buffer.from(text, 'latin1');
const turn = () => new Promise((resolve) => setImmediate(resolve));
const HEAD = { value: { megapixels: 1 }, megabytes: 80 };

let fakes: FakeProcesses;
let images: ImageProcesses;
beforeEach(async () => {
  fakes = new FakeProcesses();
  images = new ImageProcesses(settings, 1, memoryLog(), fakes.connect);
  await images.inspect(body('first'));
  fakes.started[0]!.sent.length = 0;
});
afterEach(() => images.close());

describe('a process that executes a request', { timeout: 10_000 }, () => {
  it('is sent one more, so that it does not wait for it', async () => {
    const inspected = ['hang', 'two', 'three'].map((text) => images.inspect(body(text)));
    await turn();
    const [process] = fakes.started;
    expect(process!.sent).toEqual(['inspect hang', 'inspect two']);
    process!.reply(HEAD);
    await Promise.all(inspected);
    expect(process!.seen.slice(1)).toEqual(['inspect hang', 'inspect two', 'inspect three']);
  });

  it.each<[string, () => Promise<unknown>[], string]>([
    [
      'none after a large one',
      () => [images.prepare('one', body('hang')), images.inspect(body('two'))],
      'prepare hang',
    ],
    [
      'no picture that may be large',
      () => [images.inspect(body('hang')), images.prepare('one', body('never inspected'))],
      'inspect hang',
    ],
    [
      'no large file',
      () => [images.inspect(body('hang')), images.inspect(Buffer.alloc(4_000_001))],
      'inspect hang',
    ],
  ])('is sent %s', async (_name, requests, first) => {
    void Promise.allSettled(requests());
    await turn();
    expect(fakes.started[0]!.sent).toEqual([first]);
  });
});

describe('a request that is next in a process', { timeout: 10_000 }, () => {
  it('is not blamed when the process dies of the one before', async () => {
    const [refused, second] = [images.inspect(body('die')), images.inspect(body('two'))];
    await expect(refused).rejects.toMatchObject({ name: 'PermanentFault' });
    expect(await second).toBe(1);
    const seen = fakes.started.flatMap((process) => process.seen);
    expect(seen.filter((what) => what === 'inspect two')).toHaveLength(1);
  });

  it('has its own time, from when it is executed', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const [first, second] = ['one', 'hang'].map((text) =>
        images.inspect(body(text)).catch((error: unknown) => error),
      );
      expect(await first).toBe(1);
      await vi.advanceTimersByTimeAsync(2 * 180_000);
      expect(await second).toMatchObject({
        cause: expect.objectContaining({ name: 'ProcessDied' }) as Error,
      });
    } finally {
      vi.useRealTimers();
    }
  });

  it('ends its process when its photo has no time left', async () => {
    const stop = new AbortController();
    const first = images.inspect(body('hang')).catch((error: unknown) => error);
    const second = images.inspect(body('two'), stop.signal);
    await turn();
    stop.abort(new Error('late'));
    await expect(second).rejects.toThrow('late');
    images.close();
    void first;
  });

  it('finishes a photo in the process that holds it', async () => {
    const photos = ['one', 'two', 'three'].map(body);
    const made = photos.map(async (photo, k) => {
      await images.inspect(photo);
      await images.prepare(String(k), photo);
      return (await images.finish(String(k), body('colours'), 'v')).file;
    });
    expect(await Promise.all(made)).toEqual(photos.map((photo) => png(`${photo.toString()}, colours, v`)));
  });
});

it('a reply may be as large as that to its own request, and no larger', async () => {
  const path = join(tmpdir(), `image-connection-${process.pid}.sock`);
  const reply = Buffer.concat(encodeFrame({}, Buffer.alloc(500)));
  const server = createServer(
    (socket) => void socket.once('data', () => socket.write(Buffer.concat([reply, reply]))),
  );
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const answered = (limits: number[]) =>
    new Promise<number>((resolve) => {
      let replies = 0;
      const ended = () => resolve(replies);
      const connection = socketProcesses(path)({
        received: () => {
          if (++replies === limits.length) connection.kill();
        },
        ended,
      });
      for (const bytes of limits) connection.send({}, undefined, bytes);
    });
  try {
    expect(await answered([500, 500])).toBe(2);
    expect(await answered([500, 499])).toBe(1);
    expect(await answered([499, 500])).toBe(0);
  } finally {
    server.close();
    rmSync(path, { force: true });
  }
});
