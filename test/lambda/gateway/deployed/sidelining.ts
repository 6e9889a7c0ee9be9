/** Two callers at the deployed gateway, from the announcement to the order in which a worker starts their photos: real links, notifications and queues. */
import { PurgeQueueCommand } from '@aws-sdk/client-sqs';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { expect, it } from 'vitest';
import { MEMORY_KEY, TABLE_KEY, VIEW_ATTRIBUTE } from '../../../../contract/names.ts';
import { parseJobMessage } from '../../../../contract/job.ts';
import { queueOf } from '../../../../contract/lanes.ts';
import { createdPhotoSchema, type CreatedPhoto } from '../../../../contract/photo-api.ts';
import type { View } from '../../../../contract/view.ts';
import { WINDOW_SECONDS } from '../../../../lambda/gateway/sidelining.ts';
import { SqsJobQueue } from '../../../../worker/aws/queue.ts';
import { receivePhotos } from '../../../../worker/photo/receive-loop.ts';
import { WeightedSemaphore } from '../../../../worker/photo/weighted-semaphore.ts';
import { deployed } from '../support/deployed.ts';
import { bearer, PHOTO, post, put } from '../support/http.ts';

const INSTANCES = 4;
const HEAVY = 14;

/** As the scaler of an awake fleet publishes it. */
async function publish(): Promise<void> {
  const view: View = {
    ...{ at: Date.now() / 1000, tickSeconds: 30, visible: 0, inFlight: 0, inService: INSTANCES, coming: [] },
    ...{ arrivalsPerSecond: 0, serviceSeconds: 2, bootSeconds: 60, history: [] },
  };
  const Item = { [TABLE_KEY]: MEMORY_KEY, [VIEW_ATTRIBUTE]: view };
  await deployed.documents.send(new PutCommand({ TableName: deployed.jwt.scalerTable, Item }));
}

const announce = async (caller: string): Promise<CreatedPhoto> => {
  const response = await post(PHOTO, bearer(deployed.issuer.token(caller)), deployed.jwt.url);
  expect(response.status).toBe(201);
  return createdPhotoSchema.parse(await response.json());
};
const queueIn = ({ upload }: CreatedPhoto) =>
  queueOf(decodeURIComponent(new URL(upload.url).pathname).split('/').slice(2).join('/'));

/**
 * Keys of the photos in the order in which a worker with one slot starts them.
 *
 * @param onStart called after each. @returns whether it was the last that is asked for: a message whose receive was lost comes back only minutes later
 */
async function starts(onStart: (started: string[]) => Promise<boolean>): Promise<string[]> {
  const { interactive, sidelined, deadLetters } = deployed.jwt.queues;
  const queue = new SqsJobQueue(deployed.sqs, { interactive, sidelined }, deadLetters);
  const stop = new AbortController();
  const slots = new WeightedSemaphore(1);
  const keys: string[] = [];
  await receivePhotos({
    queue,
    handle: async (message, started) => {
      const [job] = parseJobMessage(message.body);
      const release = await slots.acquire(1, undefined, message.queue);
      started();
      if (job && !stop.signal.aborted) {
        keys.push(job.key);
        if (await onStart(keys)) stop.abort();
      }
      release();
      await queue.delete(message);
      return 'deleted';
    },
    untilAllowed: () => Promise.resolve(),
    recover: () => Promise.resolve(),
    limits: () => ({ prefetched: 2, inFlight: 4 }),
    stop: stop.signal,
    log: () => undefined,
  });
  for (const QueueUrl of [interactive, sidelined])
    await deployed.sqs.send(new PurgeQueueCommand({ QueueUrl }));
  return keys;
}

export function sideliningTests(): void {
  it('beyond what the fleet starts at once, a caller’s photos wait behind another caller’s, announced last', async () => {
    await publish();
    // A view that the function has read before counts for two seconds; a window ends each ten minutes.
    await new Promise((resolve) => setTimeout(resolve, 2100));
    const left = WINDOW_SECONDS - ((Date.now() / 1000) % WINDOW_SECONDS);
    if (left < 5) await new Promise((resolve) => setTimeout(resolve, 1000 * left));
    const heavy = await Promise.all(Array.from({ length: HEAVY }, () => announce('heavy')));
    const queues = heavy.map(queueIn);
    expect(queues.filter((queue) => queue === 'interactive')).toHaveLength(INSTANCES);
    expect(queues.filter((queue) => queue === 'sidelined')).toHaveLength(HEAVY - INSTANCES);
    for (const one of heavy) expect((await put(one)).status).toBe(200);

    let single: CreatedPhoto | undefined;
    let startedBefore = 0;
    const keys = await starts(async (started) => {
      if (single) return started.at(-1)?.endsWith(single.id) ?? false;
      // All of the heavy caller's first ones have started, and so have some of the others.
      if (started.length < INSTANCES + 3) return false;
      single = await announce('single');
      expect(queueIn(single)).toBe('interactive');
      expect((await put(single)).status).toBe(200);
      startedBefore = started.length;
      return false;
    });
    expect(new Set(keys).size).toBe(keys.length);
    const place = keys.findIndex((key) => key.endsWith(single!.id));
    expect(place).toBeGreaterThanOrEqual(startedBefore);
    // One that was received before it, and one that a receive under way brings.
    expect(place).toBeLessThanOrEqual(startedBefore + 2);
    expect(place).toBeLessThan(HEAVY);
  });
}
