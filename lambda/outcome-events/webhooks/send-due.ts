/**
 * Sends the deliveries of one webhook that are due, in one run of the function.
 *
 * One run at a time holds the lease of a webhook, so that a receiver gets few requests at once, and one that is slow delays its own deliveries only. What
 * goes on later is a message of the queue:
 * - It is sent before the lease ends. If the function dies between the two there is one message too many, which does nothing.
 * - A message that finds the webhook held is dropped: the run that holds it looks for deliveries once more after the lease has ended.
 * - A message that finds it pausing is dropped: the end of the pause has its own, also where no delivery is left.
 * - The queue delivers the message of a run that died again, after the lease.
 */
import { GIVE_UP_SECONDS, type StoredWebhook, type Wake } from '../../../contract/webhook.ts';
import { backoffSeconds } from './backoff.ts';
import { circuitOf, failuresOf, judged, roundSize, type Circuit } from './circuit.ts';
import { withoutDeleted, type DeletedPhotosPorts } from './deleted-photos.ts';
import type {
  Attempt,
  DeadLetters,
  Delivery,
  DeliveryStore,
  Sender,
  WakeQueue,
  WebhookStore,
  WebhookUpdate,
} from './ports.ts';

export interface DeliveryPorts extends DeletedPhotosPorts {
  webhooks: WebhookStore;
  deliveries: DeliveryStore;
  wakes: WakeQueue;
  deadLetters: DeadLetters;
  sender: Sender;
  /** Epoch seconds. */
  now: () => number;
  /** From 0 to 1. */
  random: () => number;
  /** Longest pause between two attempts, seconds. */
  mostPauseSeconds: number;
}

/** A run starts no request after these seconds: then it is another webhook's turn. */
const BUDGET_SECONDS = 20;
/** Longer than the function runs, shorter than its message is hidden. */
export const LEASE_SECONDS = 50;
/** Between the clocks of functions and the queue. */
const SLACK_SECONDS = 2;
/** Longest delay of a message in SQS. */
const MOST_DELAY_SECONDS = 900;

/** What the rounds of a run have shown of the receiver. */
interface Shown extends Omit<WebhookUpdate, 'failures' | 'wakeAt'> {
  circuit: Circuit;
}

/** What a run has sent. */
export interface Sent {
  delivered: number;
  failedAttempts: number;
}

export async function sendDue(wake: Wake, ports: DeliveryPorts): Promise<Sent> {
  const { webhooks, deliveries, wakes, now } = ports;
  const startedAt = now();
  const dueBy = startedAt + SLACK_SECONDS;
  const webhook = await webhooks.acquire(wake, startedAt, startedAt + LEASE_SECONDS, dueBy);
  const sent: Sent = { delivered: 0, failedAttempts: 0 };
  if (!webhook) return sent;
  const shown: Shown = { circuit: circuitOf(webhook.failures), retryAt: undefined };
  while (now() - startedAt < BUDGET_SECONDS && webhook.disabledAt === undefined) {
    const due = await chosen(webhook.target, roundSize(shown.circuit), ports);
    if (due.length === 0) break;
    const there = await withoutDeleted(due, ports);
    if (there.length === 0) continue;
    const attempts = await round(webhook, there, shown, ports);
    const delivered = attempts.filter(({ ok }) => ok).length;
    sent.delivered += delivered;
    sent.failedAttempts += attempts.length - delivered;
    if (shown.retryAt !== undefined || shown.disabledAt !== undefined) break;
  }
  const isDisabled = (shown.disabledAt ?? webhook.disabledAt) !== undefined;
  const { circuit, ...seen } = shown;
  const wakeAt = isDisabled ? undefined : await armed(webhook, shown.retryAt, ports);
  await webhooks.release(webhook, { ...seen, failures: failuresOf(circuit), wakeAt });
  // What was added while the lease was held found it held.
  if (isDisabled || now() < (shown.retryAt ?? 0)) return sent;
  const missed = await deliveries.due(webhook.target, now(), 1);
  if (missed.length > 0) await wakes.send({ owner: webhook.owner, id: webhook.id }, 0);
  return sent;
}

/**
 * Deliveries of a round: those due first, and where there are more, for half of it the latest. So one that the receiver would take is not behind all of those
 * that it refuses.
 */
async function chosen(target: string, size: number, { deliveries, now }: DeliveryPorts): Promise<Delivery[]> {
  const at = now();
  const due = await deliveries.due(target, at, size);
  if (due.length < size) return due;
  const newest = (await deliveries.newest(target, size / 2)).filter(({ dueAt }) => dueAt <= at);
  return [...new Map([...newest, ...due].map((one) => [one.event, one])).values()].slice(0, size);
}

/** Sends some deliveries at once, and moves each on. */
async function round(
  webhook: StoredWebhook,
  due: readonly Delivery[],
  shown: Shown,
  ports: DeliveryPorts,
): Promise<readonly Attempt[]> {
  const { sender, now, random, mostPauseSeconds } = ports;
  const startedAt = now();
  const attempts = await Promise.all(
    due.map((delivery) => sender.send(webhook.url, webhook.secrets, delivery, now())),
  );
  const at = now();
  await Promise.all(due.map((delivery, k) => moveOn(webhook, delivery, attempts[k]!, ports)));
  if (attempts.some(({ ok }) => ok)) shown.lastSuccessAt = at;
  const failed = attempts.flatMap((attempt) => (attempt.ok ? [] : [attempt]));
  if (failed[0]) shown.lastFailure = { at, reason: failed[0].reason };
  if (failed.some(({ isGone }) => isGone)) shown.disabledAt = at;
  const { circuit, pauseSeconds } = judged(
    shown.circuit,
    attempts,
    at - startedAt,
    mostPauseSeconds,
    random(),
  );
  shown.circuit = circuit;
  if (pauseSeconds !== undefined) shown.retryAt = at + pauseSeconds;
  return attempts;
}

async function moveOn(
  { owner, id }: StoredWebhook,
  delivery: Delivery,
  attempt: Attempt,
  { deliveries, deadLetters, log, now, random, mostPauseSeconds }: DeliveryPorts,
): Promise<void> {
  const { event, target, createdAt } = delivery;
  const attempts = delivery.attempts + 1;
  const names = { event, target, attempts };
  if (attempt.ok) {
    await deliveries.remove(delivery);
    log({
      message: 'webhook-delivered',
      ...names,
      status: attempt.status,
      seconds: Math.round(now() - createdAt),
    });
    return;
  }
  const { reason, askedSeconds = 0 } = attempt;
  const pause = Math.max(askedSeconds, backoffSeconds(attempts, mostPauseSeconds, random()));
  log({ message: 'webhook-failed', ...names, reason });
  if (now() + pause > createdAt + GIVE_UP_SECONDS) {
    await deadLetters.send({ owner, id, event, body: delivery.body, attempts, reason });
    await deliveries.remove(delivery);
    log({ message: 'webhook-given-up', ...names, reason });
  } else await deliveries.postpone(delivery, now() + pause, attempts);
}

/**
 * Sends the message that goes on with the deliveries that are left, unless one is on its way that comes in time.
 *
 * @returns when it comes; undefined where nothing is left, and no pause
 */
async function armed(
  { owner, id, target, wakeAt }: StoredWebhook,
  retryAt: number | undefined,
  { deliveries, wakes, now }: DeliveryPorts,
): Promise<number | undefined> {
  const next = await deliveries.next(target);
  if (!next && retryAt === undefined) return undefined;
  const at = now();
  // The end of a pause, although what is left may be due later: what comes meanwhile finds the webhook pausing.
  const wanted = Math.max(at, retryAt ?? next?.dueAt ?? 0);
  const isOnItsWay =
    wakeAt !== undefined &&
    wakeAt > at &&
    wakeAt >= (retryAt ?? 0) - SLACK_SECONDS &&
    wakeAt <= wanted + SLACK_SECONDS;
  if (isOnItsWay) return wakeAt;
  // Rounded up: one that comes before the end of the pause is dropped.
  const delay = Math.min(MOST_DELAY_SECONDS, Math.ceil(wanted - at));
  await wakes.send({ owner, id }, delay);
  return at + delay;
}
