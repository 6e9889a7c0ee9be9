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

export interface DeliveryPorts {
  webhooks: WebhookStore;
  deliveries: DeliveryStore;
  wakes: WakeQueue;
  deadLetters: DeadLetters;
  sender: Sender;
  /** Epoch seconds. */
  now: () => number;
  /** From 0 to 1. */
  random: () => number;
  log: (line: Record<string, unknown>) => void;
  /** Longest pause between two attempts, seconds. */
  mostPauseSeconds: number;
}

/** Requests to a receiver at a time; while it fails, fewer. */
const AT_ONCE = 8;
const PROBES = 2;
/** A run starts no request after these seconds: then it is another webhook's turn. */
const BUDGET_SECONDS = 20;
/** Longer than the function runs, shorter than its message is hidden. */
export const LEASE_SECONDS = 50;
/** Between the clocks of functions and the queue. */
const SLACK_SECONDS = 2;
/** Longest delay of a message in SQS. */
const MOST_DELAY_SECONDS = 900;

/** What the rounds of a run have shown of the receiver. */
interface Shown extends Pick<WebhookUpdate, 'failures' | 'retryAt' | 'disabledAt' | 'lastSuccessAt'> {
  lastFailure?: StoredWebhook['lastFailure'];
}

export async function sendDue(wake: Wake, ports: DeliveryPorts): Promise<void> {
  const { webhooks, deliveries, wakes, now } = ports;
  const startedAt = now();
  const dueBy = startedAt + SLACK_SECONDS;
  const webhook = await webhooks.acquire(wake, startedAt, startedAt + LEASE_SECONDS, dueBy);
  if (!webhook) return;
  const shown: Shown = { failures: webhook.failures, retryAt: undefined };
  while (now() - startedAt < BUDGET_SECONDS && webhook.disabledAt === undefined) {
    const due = await deliveries.due(webhook.target, now(), shown.failures > 0 ? PROBES : AT_ONCE);
    if (due.length === 0) break;
    await round(webhook, due, shown, ports);
    if (shown.retryAt !== undefined || shown.disabledAt !== undefined) break;
  }
  const isDisabled = (shown.disabledAt ?? webhook.disabledAt) !== undefined;
  const wakeAt = isDisabled ? undefined : await armed(webhook, shown.retryAt, ports);
  await webhooks.release(webhook, { ...shown, wakeAt });
  // What was added while the lease was held found it held.
  if (isDisabled || now() < (shown.retryAt ?? 0)) return;
  const missed = await deliveries.due(webhook.target, now(), 1);
  if (missed.length > 0) await wakes.send({ owner: webhook.owner, id: webhook.id }, 0);
}

/** Sends some deliveries at once, and moves each on. */
async function round(
  webhook: StoredWebhook,
  due: readonly Delivery[],
  shown: Shown,
  ports: DeliveryPorts,
): Promise<void> {
  const { sender, now } = ports;
  const attempts = await Promise.all(
    due.map((delivery) => sender.send(webhook.url, webhook.secrets, delivery, now())),
  );
  await Promise.all(due.map((delivery, k) => moveOn(webhook, delivery, attempts[k]!, ports)));
  const at = now();
  const failed = attempts.filter((attempt) => !attempt.ok);
  const [failure] = failed;
  if (failed.length < attempts.length) Object.assign(shown, { failures: 0, lastSuccessAt: at });
  if (failure) shown.lastFailure = { at, reason: failure.reason };
  if (failed.some(({ isGone }) => isGone)) shown.disabledAt = at;
  // One delivery that fails alone may be at fault itself: it has its own pause, and the others go on.
  const isDown = failed.length === attempts.length && (failed.length > 1 || shown.failures > 0);
  const asked = Math.max(0, ...failed.map(({ askedSeconds = 0 }) => askedSeconds));
  if (isDown) shown.failures += 1;
  if (!isDown && asked === 0) return;
  const own = isDown ? backoffSeconds(shown.failures, ports.mostPauseSeconds, ports.random()) : 0;
  shown.retryAt = at + Math.max(own, asked);
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
  const wanted = Math.max(at, next?.dueAt ?? 0, retryAt ?? 0);
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
