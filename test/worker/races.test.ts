/** Workers that overlap in any order, on photos that are uploaded again meanwhile: which outcome stands at the end. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { failedKey, resultKey } from '../../contract/keys.ts';
import { PermanentFault, TransientFault } from '../../worker/photo/faults.ts';
import { giveUp, processPhoto, type PhotoOutcome } from '../../worker/photo/process-photo.ts';
import { workflow } from './support/stand-in-comfyui.ts';
import { Interleaving, stretches } from './support/interleaving.ts';
import { md5, MemoryBucket, memoryLog, type Objects, unlimited } from './support/memory.ts';

const KEY = 'incoming/a.jpg';
const [RESULT, FAILED] = [resultKey(KEY), failedKey(KEY)];

/** What happens in a delivery; the worker `dies` after so many operations on the bucket. */
interface Delivery {
  result: 'coloured' | 'refused' | 'transient fault' | 'given up';
  dies: number | undefined;
}

/** @returns undefined when the photo has to be delivered again */
function deliver(
  objects: Objects,
  turn: () => Promise<void>,
  etag: string,
  delivery: Delivery,
): Promise<PhotoOutcome | undefined> {
  let operations = 0;
  const mortal = () =>
    ++operations > (delivery.dies ?? Infinity) ? Promise.reject(new Error('died')) : turn();
  const bucket = new MemoryBucket(mortal, objects);
  const job = { bucket: 'photos', key: KEY, etag, storedAtMs: 0 };
  const colour = async (photo: Buffer) => {
    if (delivery.result === 'refused') throw new PermanentFault('unreadable-image', 'no picture');
    if (delivery.result === 'transient fault') throw new TransientFault('slow');
    return { body: Buffer.from(`coloured ${photo.toString()}`), contentType: 'image/jpeg' };
  };
  const settings = { maxMegapixels: 1, workflow };
  const ports = { bucket, settings, colour, ...unlimited(), log: memoryLog(), now: () => 0 };
  if (delivery.result === 'given up') return giveUp(job, {}, { attempts: 5 }, ports).catch(() => undefined);
  const attempt = { figures: {}, started: async () => undefined };
  return processPhoto(job, attempt, ports).catch(() => undefined);
}

const delivery: fc.Arbitrary<Delivery> = fc.record({
  result: fc.constantFrom('coloured', 'coloured', 'refused', 'transient fault', 'given up'),
  dies: fc.oneof(fc.constant(undefined), fc.nat({ max: 20 })),
});

describe('exactly one outcome, of the latest upload', () => {
  // Contents repeat, so that the same bytes come back after others.
  const uploads = fc.array(
    fc.record({
      content: fc.constantFrom('v1', 'v2'),
      deliveries: fc.array(delivery, { minLength: 1, maxLength: 3 }),
    }),
    { minLength: 1, maxLength: 4 },
  );

  test('whatever the order of operations, repeats and deaths', async () => {
    await fc.assert(
      fc.asyncProperty(uploads, stretches, async (uploads, order) => {
        const objects: Objects = new Map();
        const client = new MemoryBucket(undefined, objects);
        const interleaving = new Interleaving();
        const running: Promise<unknown>[] = [];
        const again: string[] = [];
        const succeeded = new Set<string>();
        let next = 0;
        const uploadNext = () => {
          const { content, deliveries } = uploads[next++]!;
          const etag = client.upload(KEY, content);
          for (const each of deliveries) {
            const delivered = deliver(objects, interleaving.addWorker(), etag, each).then((outcome) => {
              if (!outcome) again.push(etag);
              if (outcome?.outcome === 'succeeded') succeeded.add(etag);
            });
            running.push(delivered);
          }
        };
        await interleaving.run(order, { possible: () => next < uploads.length, act: uploadNext });
        await Promise.all(running);
        // What died or had a transient fault is delivered again, and then it works.
        const undisturbed: Delivery = { result: 'coloured', dies: undefined };
        for (const etag of again) {
          const outcome = await deliver(objects, async () => {}, etag, undisturbed);
          if (outcome?.outcome === 'succeeded') succeeded.add(etag);
        }

        const { content } = uploads.at(-1)!;
        const etag = md5(content);
        const [result, failed] = [objects.get(RESULT), objects.get(FAILED)];
        expect([result, failed].flatMap((one) => one?.sourceEtag ?? [])).toEqual([etag]);
        // A success stands whatever other deliveries of the photo find. Where the same bytes were uploaded before, a slow
        // worker of that upload may delete its result, and then writes an outcome of its own.
        const sameBytes = uploads.filter((one) => one.content === content);
        if (sameBytes.length === 1 && succeeded.has(etag)) expect(result).toBeDefined();
        // Where no delivery of these bytes could colour them, the refusal stands.
        const deliveries = sameBytes.flatMap((one) => one.deliveries);
        if (deliveries.every((each) => each.result === 'refused') && !again.includes(etag))
          expect(JSON.parse(String(failed?.body))).toMatchObject({ code: 'unreadable-image', etag });
        if (result) expect(result.body.toString()).toBe(`coloured ${content}`);
      }),
      { seed: 20261123, includeErrorInReport: true, numRuns: process.env.FULL ? 4000 : 1000 },
    );
  });
});
