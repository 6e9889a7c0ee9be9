/** A photo of the API with its upload, workers, events and deletions, of which each request waits for its turn. */
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { expect } from 'vitest';
import { apiPhotoKey } from '../../../../contract/keys.ts';
import { type QueueName } from '../../../../contract/lanes.ts';
import { parseJobMessage } from '../../../../contract/job.ts';
import { deletePhoto } from '../../../../lambda/gateway/delete-photo.ts';
import type { PhotoRegistry } from '../../../../lambda/gateway/ports.ts';
import { S3PhotoStorage } from '../../../../lambda/gateway/aws/storage.ts';
import { ProblemError } from '../../../../lambda/gateway/problems.ts';
import { findRecord, UPLOAD_SECONDS } from '../../../../lambda/gateway/read-photo.ts';
import { counterOf } from '../../../../lambda/gateway/sidelining.ts';
import { S3OutcomeStore } from '../../../../lambda/outcome-events/aws/outcome-store.ts';
import { OutcomesNotDeleted } from '../../../../lambda/outcome-events/not-deleted.ts';
import { report } from '../../../../lambda/outcome-events/report.ts';
import { S3Bucket } from '../../../../worker/aws/bucket.ts';
import { PermanentFault } from '../../../../worker/photo/faults.ts';
import { giveUp, processPhoto } from '../../../../worker/photo/process-photo.ts';
import { body, event, memoryLog, unlimited } from '../../../worker/support/memory.ts';
import { workflow } from '../../../worker/support/stand-in-comfyui.ts';
import { fakeS3, type FakeObjects } from '../../../support/fake-s3.ts';
import { idOf, MemoryRegistry, MemoryUnfinished } from './memory.ts';
import { jane, NOON } from './photos.ts';

export const ID = idOf(1);
export const COUNTER = counterOf('203.0.113.7', NOON);
const BYTES = 'grey';
export const [LINK_EXPIRES, LONG_AFTER] = [NOON + 900, NOON + 900 + UPLOAD_SECONDS];

export type Turn = () => Promise<void>;

/** What a party does before it dies: a number of requests; undefined for all. */
export type Dies = number | undefined;

export const mortal = (turn: Turn, dies: Dies): Turn => {
  let requests = 0;
  return () => (++requests > (dies ?? Infinity) ? Promise.reject(new Error('died')) : turn());
};

/** A party that waits once it has made some requests, until it may make more. */
export function stalledAfter(requests: number) {
  let allowed = requests;
  let waits = false;
  let more: () => void = () => {};
  let report: () => void = () => {};
  const turn: Turn = async () => {
    while (allowed <= 0) {
      waits = true;
      report();
      await new Promise<void>((resolve) => (more = resolve));
    }
    allowed--;
  };
  const stalled = () => (waits ? Promise.resolve() : new Promise<void>((resolve) => (report = resolve)));
  const goOn = (requests: number) => {
    if (requests === 0) return;
    allowed += requests;
    waits = false;
    more();
  };
  return { turn, stalled, goOn };
}

/** A registry each of whose requests waits for its turn. */
export const inTurn = (registry: MemoryRegistry, turn: Turn): PhotoRegistry => ({
  put: (photo) => turn().then(() => registry.put(photo)),
  get: (id) => turn().then(() => registry.get(id)),
  markDeleted: (id, mark) => turn().then(() => registry.markDeleted(id, mark)),
  remove: (id) => turn().then(() => registry.remove(id)),
  countPhoto: (window) => turn().then(() => registry.countPhoto(window)),
});

export class World {
  readonly objects: FakeObjects = new Map();
  readonly registry = new MemoryRegistry();
  readonly unfinished = new MemoryUnfinished();
  /** Of the uploads that have no outcome yet, and of those whose worker has died. */
  readonly messages: string[] = [];
  readonly answers: (string | undefined)[] = [];
  readonly coloured: string[] = [];
  readonly events: string[] = [];
  readonly key: string;

  /** @param now of the deletions */
  constructor(
    readonly now: number,
    readonly queue: QueueName = 'interactive',
  ) {
    this.key = apiPhotoKey(ID, queue);
  }

  async announce(): Promise<void> {
    await this.unfinished.enter(COUNTER, 4);
    await this.registry.put({
      ...{
        id: ID,
        owner: jane.owner,
        name: 'Oma.jpg',
        type: 'image/jpeg',
        output: 'photo',
        counter: COUNTER,
      },
      ...{ lane: this.queue === 'bulk' ? 'bulk' : 'interactive', sidelined: this.queue === 'sidelined' },
      ...{ trace: '', createdAt: NOON, linkExpiresAt: LINK_EXPIRES, expiresAt: NOON + 1e6 },
    });
  }

  /** By the link. @returns the message of S3, unless S3 refuses it */
  async upload(turn: Turn): Promise<string | undefined> {
    const put = new PutObjectCommand({ Bucket: 'photos', Key: this.key, Body: BYTES, IfNoneMatch: '*' });
    const stored = await fakeS3(this.objects, turn)
      .send(put)
      .catch(() => undefined);
    return stored && body(event('photos', this.key, stored.ETag));
  }

  async delete(turn: Turn, dies?: Dies): Promise<void> {
    const turns = mortal(turn, dies);
    const ports = {
      registry: inTurn(this.registry, turns),
      storage: new S3PhotoStorage(fakeS3(this.objects, turns), 'photos'),
      unfinished: this.unfinished,
    };
    try {
      const record = await findRecord(ID, jane, ports, this.now);
      this.answers.push((await deletePhoto(record, ports, this.now)).status);
    } catch (error) {
      if (error instanceof ProblemError) this.answers.push(undefined);
      // The caller tries again.
      else await this.delete(turn);
    }
  }

  /** One delivery of a message; it is kept while the photo has to be delivered again. */
  async work(message: string, how: Work, turn: Turn): Promise<void> {
    const [job] = parseJobMessage(message);
    if (!job) return;
    const bucket = new S3Bucket(fakeS3(this.objects, mortal(turn, how.dies)), 'photos');
    const colour = async (photo: Buffer) => {
      if (how.does === 'refuses') throw new PermanentFault('unreadable-image', 'no picture');
      return { body: Buffer.from(`coloured ${photo.toString()}`), contentType: 'image/jpeg' };
    };
    const settings = { maxMegapixels: 1, workflow };
    const ports = { bucket, settings, colour, ...unlimited(), log: memoryLog(), now: () => 0 };
    const process =
      how.does === 'gives up'
        ? giveUp(job, {}, { attempts: 5 }, ports)
        : processPhoto(job, { figures: {}, started: async () => undefined }, ports);
    const outcome = await process.catch(() => undefined);
    if (!outcome) this.messages.push(message);
    else if (outcome.outcome !== 'dropped') this.coloured.push(outcome.outcome);
  }

  /** The message of an outcome: S3 sends it when one is stored, and its event is sent at any time after. */
  async tell(outcomeKey: string, turn: Turn): Promise<void> {
    const isThere = async (id: string) => {
      await turn();
      return (
        (await this.registry.get(id).then((record) => record && record.deletedAt === undefined)) ?? false
      );
    };
    const stored = new S3OutcomeStore(fakeS3(this.objects, turn), 'photos');
    const destination = {
      send: async (sent: readonly { type: string }[]) => {
        this.events.push(...sent.map(({ type }) => type));
        return new Set<string>();
      },
    };
    const ports = { store: new OutcomesNotDeleted(stored, isThere), destinations: [destination] };
    const message = { id: 'm', body: body(event('photos', outcomeKey)) };
    const context = { stage: 'prod', bucket: 'photos' };
    expect(
      await report([message], {
        context,
        ...ports,
        sent: { add: async () => undefined },
        log: () => undefined,
        now: () => this.now,
      }),
    ).toEqual([]);
  }

  /** Keys of objects, with the bytes of each. */
  left = () => Object.fromEntries([...this.objects].map(([key, object]) => [key, object.body.toString()]));
}

export interface Work {
  does: 'colours' | 'refuses' | 'gives up';
  dies: Dies;
}
