/**
 * Deletions of a photo of the API that meet its upload, its workers, its events and each other, in any order of their requests, with deaths and repeats.
 * Worker, gateway and the function of the events are the deployed code with its S3 adapters; S3 and the table are in memory, where each request is atomic.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { apiPhotoKey, failedKey, resultKey } from '../../../contract/keys.ts';
import { QUEUES } from '../../../contract/lanes.ts';
import { deletePhoto } from '../../../lambda/gateway/delete-photo.ts';
import { S3PhotoStorage } from '../../../lambda/gateway/aws/storage.ts';
import { findPhoto } from '../../../lambda/gateway/read-photo.ts';
import { Interleaving, stretches } from '../../worker/support/interleaving.ts';
import { fakeS3 } from '../../support/fake-s3.ts';
import { jane, NOON } from './support/photos.ts';
import {
  COUNTER,
  ID,
  inTurn,
  LONG_AFTER,
  mortal,
  stalledAfter,
  World,
  type Turn,
  type Work,
} from './support/deletion-world.ts';

const times = { valid: NOON, expired: LONG_AFTER };

/** What must hold when all is done. @param died whether a worker has */
async function expectNothingLeft(world: World, link: keyof typeof times, died: boolean): Promise<void> {
  const nothing = link === 'valid' ? { [world.key]: '' } : {};
  if (!died) expect(world.left()).toEqual(nothing);
  // SQS delivers the messages of the dead again.
  for (const message of world.messages.splice(0)) {
    await world.work(message, { does: 'colours', dies: undefined }, async () => {});
  }
  expect([world.left(), world.messages, world.registry.size]).toEqual([nothing, [], 0]);
  // Its caller may have another one in the first queue. A window that is over counts no more.
  if (link === 'valid') expect(world.unfinished.counts.get(COUNTER.key)).toBe(0);
  const answers = world.answers.filter((answer) => answer !== undefined);
  // Two where an answer was lost would be one photo deleted twice.
  expect(answers.length).toBeLessThanOrEqual(1);
  if (answers[0] === 'cancelled') expect([world.coloured, world.events]).toEqual([[], []]);
  if (world.coloured.length > 0) expect(answers).not.toContain('cancelled');
}

const dies = fc.oneof(fc.constant(undefined), fc.nat({ max: 16 }));
const work: fc.Arbitrary<Work> = fc.record({
  does: fc.constantFrom('colours', 'colours', 'refuses', 'gives up'),
  dies,
});
const works = fc.array(work, { minLength: 1, maxLength: 3 });

describe('a photo that is deleted', () => {
  it('leaves nothing, and is never both cancelled and coloured, in any order', async () => {
    const plan = fc.record({
      link: fc.constantFrom('valid' as const, 'expired' as const),
      queue: fc.constantFrom(...QUEUES),
      // Each upload by the link that S3 accepts is delivered so often.
      uploads: fc.array(works, { minLength: 1, maxLength: 3 }),
      deletions: fc.array(dies, { minLength: 1, maxLength: 3 }),
      events: fc.array(fc.constantFrom(resultKey, resultKey, failedKey), { maxLength: 3 }),
      order: stretches,
    });
    const reached = { cancelled: 0, deleted: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(plan, async ({ link, queue, uploads, deletions, events, order }) => {
        const world = new World(times[link], queue);
        await world.announce();
        const interleaving = new Interleaving();
        const running: Promise<unknown>[] = [];
        const upload = async (deliveries: Work[], turn: Turn) => {
          const message = await world.upload(turn);
          if (message === undefined) reached.refused++;
          else for (const how of deliveries) running.push(world.work(message, how, interleaving.addWorker()));
        };
        // After a link has expired S3 takes nothing by it: the upload was there before.
        if (link === 'expired') await upload(uploads[0]!, async () => {});
        else for (const one of uploads) running.push(upload(one, interleaving.addWorker()));
        for (const one of deletions) running.push(world.delete(interleaving.addWorker(), one));
        for (const keyOf of events) running.push(world.tell(keyOf(world.key), interleaving.addWorker()));
        await interleaving.run(order);
        for (let k = 0; k < running.length; k++) await running[k];
        await expectNothingLeft(
          world,
          link,
          uploads.flat().some(({ dies }) => dies !== undefined),
        );
        for (const answer of world.answers)
          if (answer === 'cancelled' || answer === 'deleted') reached[answer]++;
      }),
      { seed: 20261129, includeErrorInReport: true, numRuns: process.env.FULL ? 4000 : 150 },
    );
    for (const [what, count] of Object.entries(reached)) expect(count, what).toBeGreaterThan(15);
  });

  it('has no event once it is cancelled, wherever worker and event were when the deletion came', async () => {
    const reached = { cancelled: 0, deleted: 0, events: 0 };
    for (let code = 0; code < 9 * 4 * 4; code++) {
      const world = new World(NOON, QUEUES[code % 3]);
      await world.announce();
      const message = (await world.upload(async () => {}))!;
      const worker = stalledAfter(code % 9);
      const working = world.work(message, { does: 'colours', dies: undefined }, worker.turn);
      await Promise.race([working, worker.stalled()]);
      const reporter = stalledAfter(Math.floor(code / 9) % 4);
      const telling = world.tell(resultKey(world.key), reporter.turn);
      await Promise.race([telling, reporter.stalled()]);
      await world.delete(async () => {});
      worker.goOn(Math.floor(code / 36));
      await Promise.race([working, worker.stalled()]);
      reporter.goOn(Infinity);
      await telling;
      worker.goOn(Infinity);
      await working;
      await expectNothingLeft(world, 'valid', false);
      reached[world.answers[0] === 'cancelled' ? 'cancelled' : 'deleted']++;
      reached.events += world.events.length;
    }
    for (const [what, count] of Object.entries(reached)) expect(count, what).toBeGreaterThan(2);
  });

  it('is not there for its caller from the first step of the deletion on, while a deletion that died can be repeated', async () => {
    for (let dies = 1; dies <= 12; dies++) {
      const world = new World(NOON);
      await world.announce();
      await world.work(
        (await world.upload(async () => {}))!,
        { does: 'colours', dies: undefined },
        async () => {},
      );
      const turns: Turn = mortal(async () => {}, dies);
      const ports = {
        registry: inTurn(world.registry, turns),
        storage: new S3PhotoStorage(fakeS3(world.objects, turns), 'photos'),
        unfinished: world.unfinished,
      };
      const whole = { ...ports, registry: world.registry };
      const died = await deletePhoto((await world.registry.get(ID))!, ports, NOON).then(
        () => false,
        () => true,
      );
      await expect(findPhoto(ID, jane, whole, NOON)).rejects.toMatchObject({ code: 'not-found' });
      if (died) await world.delete(async () => {});
      if (died) expect(world.answers).toEqual(['deleted']);
      expect(world.left()).toEqual({ [world.key]: '' });
    }
  });

  it.each([
    ['waits', []],
    ['has succeeded', [resultKey(apiPhotoKey(ID))]],
    ['has failed', [failedKey(apiPhotoKey(ID))]],
  ])('that %s: the answer says so', async (_state, outcomes) => {
    const world = new World(NOON);
    await world.announce();
    const message = (await world.upload(async () => {}))!;
    const does = outcomes[0] === failedKey(world.key) ? 'refuses' : 'colours';
    if (outcomes.length > 0) await world.work(message, { does, dies: undefined }, async () => {});
    expect(Object.keys(world.left())).toEqual([world.key, ...outcomes]);
    await world.delete(async () => {});
    expect(world.answers).toEqual([outcomes.length > 0 ? 'deleted' : 'cancelled']);
  });
});
