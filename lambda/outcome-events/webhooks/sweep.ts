/**
 * Looks after every webhook: deliveries that are a day old become dead letters, and one that is due and that no message has sent is woken again.
 *
 * A message is lost where a queue was emptied by hand, or a webhook was switched on again.
 */
import { GIVE_UP_SECONDS, type StoredWebhook } from '../../../contract/webhook.ts';
import { withoutDeleted, type DeletedPhotosPorts } from './deleted-photos.ts';
import type { DeadLetters, DeliveryStore, WakeQueue } from './ports.ts';

export interface SweepPorts extends DeletedPhotosPorts {
  all: () => AsyncIterable<StoredWebhook>;
  deliveries: Pick<DeliveryStore, 'next' | 'olderThan' | 'remove' | 'count'>;
  wakes: WakeQueue;
  deadLetters: DeadLetters;
  publish: (figures: WaitingFigures) => Promise<void>;
  /** Epoch seconds. */
  now: () => number;
}

/** Of the webhooks that are on. */
export interface WaitingFigures {
  /** Seconds that the oldest delivery has waited. */
  oldestSeconds: number;
  /** Deliveries that have not succeeded. */
  waiting: number;
}

/** A message that is on its way comes within this time of its delivery. */
const LATE_SECONDS = 60;
const PAGE = 100;
const REASON = 'no success within a day';

export async function sweep(ports: SweepPorts): Promise<void> {
  const { deliveries, wakes, now, log } = ports;
  let [oldestSeconds, count] = [0, 0];
  const waiting: StoredWebhook[] = [];
  for await (const webhook of ports.all()) {
    const { owner, id, target, disabledAt, retryAt = 0 } = webhook;
    const [oldest] = await deliveries.olderThan(target, now(), 1);
    if (!oldest) continue;
    waiting.push(webhook);
    if (disabledAt !== undefined) continue;
    oldestSeconds = Math.max(oldestSeconds, now() - oldest.createdAt);
    count += await deliveries.count(target);
    const next = await deliveries.next(target);
    if (!next || now() - Math.max(next.dueAt, retryAt) < LATE_SECONDS) continue;
    await wakes.send({ owner, id }, 0);
    log({ message: 'webhook-woken', target });
  }
  await ports.publish({ oldestSeconds, waiting: count });
  await giveUpOld(waiting, ports);
}

/** A page of each webhook in turn: what the function has no time for is left to the next sweep, and no webhook's share is in front of the others'. */
async function giveUpOld(webhooks: readonly StoredWebhook[], ports: SweepPorts): Promise<void> {
  for (let left = webhooks; left.length > 0;) {
    const more: StoredWebhook[] = [];
    for (const webhook of left) if (await giveUpPage(webhook, ports)) more.push(webhook);
    left = more;
  }
}

/** @returns whether there may be more */
async function giveUpPage({ owner, id, target }: StoredWebhook, ports: SweepPorts): Promise<boolean> {
  const { deliveries, deadLetters, now, log } = ports;
  const old = await deliveries.olderThan(target, now() - GIVE_UP_SECONDS, PAGE);
  await Promise.all(
    (await withoutDeleted(old, ports)).map(async (delivery) => {
      const { event, body, attempts } = delivery;
      await deadLetters.send({ owner, id, event, body, attempts, reason: REASON });
      await deliveries.remove(delivery);
      log({ message: 'webhook-given-up', event, target, attempts, reason: REASON });
    }),
  );
  return old.length === PAGE;
}
