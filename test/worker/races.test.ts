/** Workers that overlap in every order, on photos that are uploaded again meanwhile. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { failedKey, resultKey } from '../../contract/keys.ts';
import { PermanentFault, TransientFault } from '../../worker/photo/faults.ts';
import { processPhoto } from '../../worker/photo/process-photo.ts';
import { workflow } from './support/stand-in-comfyui.ts';
import { md5, MemoryBucket, memoryLog, type Objects } from './support/memory.ts';

const KEY = 'incoming/a.jpg';
const ENDS = [resultKey(KEY), failedKey(KEY)];

/** How a delivery goes; `dies` after so many operations on the bucket. */
interface Delivery {
  result: 'coloured' | 'refused' | 'passing fault';
  receiveCount: 1 | 5;
  dies: number | undefined;
}

/** Who goes next, and for how many operations. Long stretches make the long stalls that races need. */
interface Stretch {
  who: number;
  operations: number;
}

/** Operations of several workers, one at a time in an order given from outside. */
class Interleaving {
  private readonly waiting = new Map<number, () => void>();
  private workers = 0;

  /** For one worker: to be awaited before each operation. */
  worker(): () => Promise<void> {
    const id = this.workers++;
    return () => new Promise((resolve) => void this.waiting.set(id, resolve));
  }

  /** Until nobody waits; `other` may be chosen as often as it says that it is possible. */
  async run(stretches: Stretch[], other: { possible: () => boolean; act: () => void }): Promise<void> {
    for (let i = 0; ; i++) {
      const { who, operations } = stretches[i % stretches.length]!;
      // All that can run has to: the code under test waits for nothing but its turns.
      await new Promise((resolve) => setImmediate(resolve));
      const ids = [...this.waiting.keys()].sort((a, b) => a - b);
      if (ids.length === 0 && !other.possible()) return;
      const id = ids[who % (ids.length + (other.possible() ? 1 : 0))];
      if (id === undefined) other.act();
      else await this.step(id, operations);
    }
  }

  private async step(id: number, operations: number): Promise<void> {
    for (let n = 0; n < operations; n++) {
      const resume = this.waiting.get(id);
      this.waiting.delete(id);
      resume?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

function deliver(
  objects: Objects,
  turn: () => Promise<void>,
  etag: string,
  delivery: Delivery,
): Promise<'ended' | 'again'> {
  let operations = 0;
  const mortal = () =>
    ++operations > (delivery.dies ?? Infinity) ? Promise.reject(new Error('died')) : turn();
  const bucket = new MemoryBucket(mortal, objects);
  const job = { bucket: 'photos', key: KEY, etag, storedAtMs: 0 };
  const colour = async (photo: Buffer) => {
    if (delivery.result === 'refused') throw new PermanentFault('unreadable-image', 'no picture');
    if (delivery.result === 'passing fault') throw new TransientFault('bad luck');
    return { body: Buffer.from(`coloured ${photo.toString()}`), contentType: 'image/jpeg' };
  };
  const settings = { maxMegapixels: 1, maxReceiveCount: 5, workflow };
  const ports = { bucket, settings, colour, log: memoryLog(), now: () => 0 };
  const attempt = { figures: {}, started: () => undefined };
  return processPhoto(job, delivery.receiveCount, attempt, ports).then(
    () => 'ended' as const,
    () => 'again' as const,
  );
}

const usual = <T>(value: T, ...others: T[]) =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constant(value) },
    { weight: 1, arbitrary: fc.constantFrom(...others) },
  );
const delivery: fc.Arbitrary<Delivery> = fc.record({
  result: fc.constantFrom('coloured', 'coloured', 'refused', 'passing fault'),
  receiveCount: usual<1 | 5>(1, 5),
  dies: fc.oneof(fc.constant(undefined), fc.nat({ max: 20 })),
});

describe('exactly one end, of the latest upload', () => {
  // Contents repeat, so that the same bytes come back after others.
  const uploads = fc.array(
    fc.record({
      content: fc.constantFrom('v1', 'v2'),
      deliveries: fc.array(delivery, { minLength: 1, maxLength: 3 }),
    }),
    { minLength: 1, maxLength: 4 },
  );
  const stretch = fc.record({ who: fc.nat({ max: 7 }), operations: fc.integer({ min: 1, max: 15 }) });
  const stretches = fc.array(stretch, { minLength: 1, maxLength: 40 });

  test('whatever the order of operations, repeats and deaths', async () => {
    await fc.assert(
      fc.asyncProperty(uploads, stretches, async (uploads, stretches) => {
        const objects: Objects = new Map();
        const client = new MemoryBucket(undefined, objects);
        const interleaving = new Interleaving();
        const running: Promise<unknown>[] = [];
        const again: string[] = [];
        let next = 0;
        const uploadNext = () => {
          const { content, deliveries } = uploads[next++]!;
          const etag = client.upload(KEY, content);
          for (const each of deliveries) {
            const ended = deliver(objects, interleaving.worker(), etag, each);
            running.push(ended.then((how) => how === 'again' && again.push(etag)));
          }
        };
        await interleaving.run(stretches, { possible: () => next < uploads.length, act: uploadNext });
        await Promise.all(running);
        // What died or met a passing fault comes back, and in the end it works.
        const calm: Delivery = { result: 'coloured', receiveCount: 1, dies: undefined };
        for (const etag of again) await deliver(objects, async () => {}, etag, calm);

        const ends = ENDS.flatMap((key) => objects.get(key) ?? []);
        expect(ends.map((end) => end.sourceEtag)).toEqual([md5(uploads.at(-1)!.content)]);
      }),
      { seed: 20261123, numRuns: 4000 },
    );
  });
});
