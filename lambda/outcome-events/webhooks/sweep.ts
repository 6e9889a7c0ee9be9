/**
 * Looks after every webhook: deliveries that are a day old become dead letters, and one that is due and that no message has sent is woken again.
 *
 * A message is lost where a queue was emptied by hand, or a webhook was switched on again.
 */
import { GIVE_UP_SECONDS, type StoredWebhook } from '../../../contract/webhook.ts';
import type { DeadLetters, DeliveryStore, WakeQueue } from './ports.ts';

export interface SweepPorts {
  all: () => AsyncIterable<StoredWebhook>;
  deliveries: Pick<DeliveryStore, 'next' | 'olderThan' | 'remove'>;
  wakes: WakeQueue;
  deadLetters: DeadLetters;
  /** Seconds that the oldest delivery of any webhook has waited. */
  publish: (oldestSeconds: number) => Promise<void>;
  /** Epoch seconds. */
  now: () => number;
  log: (line: Record<string, unknown>) => void;
}

/** A message that is on its way comes within this time of its delivery. */
const LATE_SECONDS = 60;
const PAGE = 100;
const REASON = 'no success within a day';

export async function sweep(ports: SweepPorts): Promise<void> {
  let oldestSeconds = 0;
  for await (const webhook of ports.all()) {
    await giveUpOld(webhook, ports);
    const { owner, id, target, disabledAt, retryAt = 0 } = webhook;
    const { deliveries, wakes, now, log } = ports;
    const [oldest] = await deliveries.olderThan(target, now(), 1);
    if (!oldest) continue;
    if (disabledAt === undefined) oldestSeconds = Math.max(oldestSeconds, now() - oldest.createdAt);
    const next = await deliveries.next(target);
    if (!next || disabledAt !== undefined || now() - Math.max(next.dueAt, retryAt) < LATE_SECONDS) continue;
    await wakes.send({ owner, id }, 0);
    log({ message: 'webhook-woken', target });
  }
  await ports.publish(oldestSeconds);
}

async function giveUpOld({ owner, id, target }: StoredWebhook, ports: SweepPorts): Promise<void> {
  const { deliveries, deadLetters, now, log } = ports;
  for (;;) {
    const old = await deliveries.olderThan(target, now() - GIVE_UP_SECONDS, PAGE);
    for (const delivery of old) {
      const { event, body, attempts } = delivery;
      await deadLetters.send({ owner, id, event, body, attempts, reason: REASON });
      await deliveries.remove(delivery);
      log({ message: 'webhook-given-up', event, target, attempts, reason: REASON });
    }
    if (old.length < PAGE) return;
  }
}
