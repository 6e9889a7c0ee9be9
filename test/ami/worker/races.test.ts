/** Workers that overlap in every order, on photos that are uploaded again meanwhile. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { failedKey, resultKey } from '../../../contract/keys.ts';
import { PermanentFault, TransientFault } from '../../../ami/worker/faults.ts';
import { processPhoto } from '../../../ami/worker/photo.ts';
import { md5, MemoryBucket, memoryLog, type Objects } from './support/memory.ts';

const KEY = 'incoming/a.jpg';
const ENDS = [resultKey(KEY), failedKey(KEY)];

/** How a delivery goes; `dies` after so many operations on the bucket. */
interface Delivery {
  result: 'coloured' | 'refused' | 'passing fault';
  receiveCount: 1 | 5;
  dies: number | undefined;
}

/** Operations of several workers, one at a time in an order given from outside. */
class Interleaving {
  private readonly waiting: (() => void)[] = [];

  turn = () => new Promise<void>((resolve) => void this.waiting.push(resolve));

  /** Lets all that can run do so; the code under test waits for nothing but its turns. */
  private static settled = () => new Promise((resolve) => setImmediate(resolve));

  /** Until nobody waits; `other` may be chosen as often as it says that it is possible. */
  async run(picks: number[], other: { possible: () => boolean; act: () => void }): Promise<void> {
    for (let i = 0; ; i++) {
      await Interleaving.settled();
      const choices = this.waiting.length + (other.possible() ? 1 : 0);
      if (choices === 0) return;
      const pick = (picks[i % picks.length] ?? 0) % choices;
      if (pick === this.waiting.length) other.act();
      else this.waiting.splice(pick, 1)[0]?.();
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
  const settings = { maxMegapixels: 1, maxReceiveCount: 5 };
  const ports = { bucket, settings, colour, log: memoryLog(), now: () => 0 };
  return processPhoto(job, delivery.receiveCount, {}, ports).then(
    () => 'ended' as const,
    () => 'again' as const,
  );
}

const delivery: fc.Arbitrary<Delivery> = fc.record({
  result: fc.constantFrom('coloured', 'refused', 'passing fault'),
  receiveCount: fc.constantFrom(1, 5),
  dies: fc.option(fc.nat({ max: 20 }), { nil: undefined }),
});

describe('exactly one end, of the latest upload', () => {
  // Contents repeat, so that the same bytes come back after others.
  const uploads = fc.array(
    fc.record({
      content: fc.constantFrom('v1', 'v2', 'v3'),
      deliveries: fc.array(delivery, { minLength: 1, maxLength: 3 }),
    }),
    { minLength: 1, maxLength: 4 },
  );
  const picks = fc.array(fc.nat({ max: 7 }), { minLength: 1, maxLength: 150 });

  test('whatever the order of operations, repeats and deaths', async () => {
    await fc.assert(
      fc.asyncProperty(uploads, picks, async (uploads, picks) => {
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
            const ended = deliver(objects, interleaving.turn, etag, each);
            running.push(ended.then((how) => how === 'again' && again.push(etag)));
          }
        };
        await interleaving.run(picks, { possible: () => next < uploads.length, act: uploadNext });
        await Promise.all(running);
        // What died or met a passing fault comes back, and in the end it works.
        const calm: Delivery = { result: 'coloured', receiveCount: 1, dies: undefined };
        for (const etag of again) await deliver(objects, async () => {}, etag, calm);

        const ends = ENDS.flatMap((key) => objects.get(key) ?? []);
        expect(ends.map((end) => end.sourceEtag)).toEqual([md5(uploads.at(-1)!.content)]);
      }),
      { seed: 20261123, numRuns: 1500 },
    );
  });
});
