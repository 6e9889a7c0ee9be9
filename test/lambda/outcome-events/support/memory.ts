/** Webhooks, deliveries and queues in memory, which can fail at any call. */
import { newSecret } from '../../../../contract/webhook-signature.ts';
import type { DeadDelivery, StoredWebhook, Wake } from '../../../../contract/webhook.ts';
import type {
  DeadLetters,
  Delivery,
  DeliveryStore,
  WakeQueue,
  WebhookStore,
  WebhookUpdate,
} from '../../../../lambda/outcome-events/webhooks/ports.ts';

export const webhookOf = (id: string, more: Partial<StoredWebhook> = {}): StoredWebhook => ({
  ...{ owner: 'ann', id, target: `target-${id}`, url: `https://${id}.example`, signing: 'hmac' },
  ...{ secrets: [newSecret('hmac')], createdAt: 0, failures: 0, ...more },
});

export class MemoryWebhooks implements WebhookStore {
  readonly stored = new Map<string, StoredWebhook>();

  constructor(
    webhooks: readonly StoredWebhook[] = [],
    private readonly step: () => void = () => undefined,
  ) {
    for (const webhook of webhooks) this.stored.set(`${webhook.owner}/${webhook.id}`, webhook);
  }

  async *all() {
    yield* [...this.stored.values()];
  }

  async list(owner: string) {
    return [...this.stored.values()].filter((webhook) => webhook.owner === owner);
  }

  async acquire({ owner, id }: Wake, now: number, leaseUntil: number, dueBy: number) {
    this.step();
    const webhook = this.stored.get(`${owner}/${id}`);
    if (!webhook || (webhook.leaseUntil ?? 0) > now || (webhook.retryAt ?? 0) > dueBy) return undefined;
    const held = { ...webhook, leaseUntil };
    this.stored.set(`${owner}/${id}`, held);
    return held;
  }

  async release({ owner, id, leaseUntil }: StoredWebhook, update: WebhookUpdate) {
    this.step();
    const webhook = this.stored.get(`${owner}/${id}`);
    if (!webhook || webhook.leaseUntil !== leaseUntil) return;
    const given = Object.fromEntries(Object.entries(update).filter(([, value]) => value !== undefined));
    const { leaseUntil: _, retryAt: _retryAt, wakeAt: _wakeAt, ...rest } = webhook;
    this.stored.set(`${owner}/${id}`, { ...rest, ...given });
  }
}

export class MemoryDeliveries implements DeliveryStore {
  readonly stored = new Map<string, Delivery>();

  constructor(private readonly step: () => void = () => undefined) {}

  async add(delivery: Delivery) {
    this.step();
    const key = `${delivery.target}/${delivery.event}`;
    if (!this.stored.has(key)) this.stored.set(key, delivery);
  }

  async due(target: string, by: number, limit: number) {
    this.step();
    return this.of(target, 'dueAt')
      .filter(({ dueAt }) => dueAt <= by)
      .slice(0, limit);
  }

  async newest(target: string, limit: number) {
    this.step();
    return this.of(target, 'createdAt').reverse().slice(0, limit);
  }

  async count(target: string) {
    this.step();
    return this.of(target, 'dueAt').length;
  }

  async next(target: string) {
    this.step();
    return this.of(target, 'dueAt')[0];
  }

  async olderThan(target: string, before: number, limit: number) {
    this.step();
    return this.of(target, 'createdAt')
      .filter(({ createdAt }) => createdAt <= before)
      .slice(0, limit);
  }

  async remove({ target, event }: Delivery) {
    this.step();
    this.stored.delete(`${target}/${event}`);
  }

  async postpone(delivery: Delivery, dueAt: number, attempts: number) {
    this.step();
    const key = `${delivery.target}/${delivery.event}`;
    const stored = this.stored.get(key);
    if (stored) this.stored.set(key, { ...stored, dueAt, attempts });
  }

  private of(target: string, by: 'dueAt' | 'createdAt'): Delivery[] {
    return [...this.stored.values()].filter((one) => one.target === target).sort((a, b) => a[by] - b[by]);
  }
}

export class MemoryWakes implements WakeQueue {
  /** Each with the time at which it may be received. */
  readonly messages: { wake: Wake; at: number }[] = [];

  constructor(
    private readonly now: () => number,
    private readonly step: () => void = () => undefined,
  ) {}

  async send(wake: Wake, delaySeconds: number) {
    this.step();
    if (!(delaySeconds >= 0 && delaySeconds <= 900)) throw new Error(`delay of ${delaySeconds} s`);
    this.messages.push({ wake, at: this.now() + delaySeconds });
  }
}

export class MemoryDeadLetters implements DeadLetters {
  readonly sent: DeadDelivery[] = [];

  constructor(private readonly step: () => void = () => undefined) {}

  async send(dead: DeadDelivery) {
    this.step();
    this.sent.push(dead);
  }
}
