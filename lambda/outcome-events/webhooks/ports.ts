/** Ports of the function that sends deliveries. Times are epoch seconds. */
import type { DeadDelivery, StoredWebhook, Wake, WebhookSecret } from '../../../contract/webhook.ts';

export interface Delivery {
  target: string;
  /** Id of the event. */
  event: string;
  body: string;
  attempts: number;
  createdAt: number;
  /** When it is tried next. */
  dueAt: number;
}

/** What a round of deliveries leaves behind; undefined removes a field. */
export interface WebhookUpdate {
  failures: number;
  retryAt: number | undefined;
  wakeAt: number | undefined;
  disabledAt?: number | undefined;
  lastSuccessAt?: number | undefined;
  lastFailure?: StoredWebhook['lastFailure'];
}

export interface WebhookStore {
  list(owner: string): Promise<StoredWebhook[]>;
  /**
   * Takes the lease of a webhook.
   *
   * @param dueBy a receiver whose pause ends by then may be tried
   * @returns undefined where it has no such webhook, another function holds it, or it pauses
   */
  acquire(wake: Wake, now: number, leaseUntil: number, dueBy: number): Promise<StoredWebhook | undefined>;
  /** Ends the lease, unless another function has taken it since. */
  release(webhook: StoredWebhook, update: WebhookUpdate): Promise<void>;
}

export interface DeliveryStore {
  /** Stores a delivery that is not there. */
  add(delivery: Delivery): Promise<void>;
  /** Consistent: has each delivery that was added before the call. Earliest due first. */
  due(target: string, by: number, limit: number): Promise<Delivery[]>;
  /** The latest that were created, the last one first. Consistent too. */
  newest(target: string, limit: number): Promise<Delivery[]>;
  /** The delivery that is due first. */
  next(target: string): Promise<Delivery | undefined>;
  /** Those that were created before a time, oldest first. */
  olderThan(target: string, createdBefore: number, limit: number): Promise<Delivery[]>;
  /** Those that wait, or about ten thousand where there are more. */
  count(target: string): Promise<number>;
  remove(delivery: Delivery): Promise<void>;
  /** Of a delivery that is there. */
  postpone(delivery: Delivery, dueAt: number, attempts: number): Promise<void>;
}

export interface WakeQueue {
  /** @param delaySeconds from 0 to 900 */
  send(wake: Wake, delaySeconds: number): Promise<void>;
}

export interface DeadLetters {
  send(dead: DeadDelivery): Promise<void>;
}

/** What became of one attempt. */
export type Attempt =
  | { ok: true; status: number }
  | {
      ok: false;
      /** For the owner of the webhook; names no address. */
      reason: string;
      /** Whether the receiver has answered, and not that it is down or overloaded. @default false */
      isRefusal?: boolean;
      /** Seconds that the receiver asks to wait. @default none */
      askedSeconds?: number;
      /** Whether the receiver wants nothing any more: status 410. */
      isGone?: boolean;
    };

export interface Sender {
  /** Never rejects. */
  send(url: string, secrets: readonly WebhookSecret[], delivery: Delivery, now: number): Promise<Attempt>;
}
