/** Registered webhooks in memory, with the gateway that has them. */
import type { StoredWebhook } from '../../../../contract/webhook.ts';
import { Webhooks, type WebhookChange, type WebhookRegistry } from '../../../../lambda/gateway/webhooks.ts';

export class MemoryWebhookRegistry implements WebhookRegistry {
  readonly stored = new Map<string, StoredWebhook>();

  async list(owner: string) {
    return [...this.stored.values()].filter((one) => one.owner === owner);
  }

  async get(owner: string, id: string) {
    return this.stored.get(`${owner}/${id}`);
  }

  async create(webhook: StoredWebhook) {
    const key = `${webhook.owner}/${webhook.id}`;
    if (this.stored.has(key)) return false;
    this.stored.set(key, webhook);
    return true;
  }

  async change({ owner, id, secrets }: StoredWebhook, change: WebhookChange) {
    const stored = this.stored.get(`${owner}/${id}`);
    if (!stored || JSON.stringify(stored.secrets) !== JSON.stringify(secrets)) return undefined;
    const { disabledAt: _, retryAt: _retryAt, leaseUntil: _lease, ...rest } = stored;
    const after = { ...rest, ...change, failures: 0 };
    this.stored.set(`${owner}/${id}`, after);
    return after;
  }

  async remove(owner: string, id: string) {
    this.stored.delete(`${owner}/${id}`);
  }
}

/** @param addresses by name; the others are not resolved */
export function memoryWebhooks(addresses: Record<string, string> = {}) {
  const registry = new MemoryWebhookRegistry();
  let targets = 0;
  const resolve = async (name: string) => {
    const address = addresses[name];
    if (address === undefined) throw new Error('ENOTFOUND');
    return [{ address, family: 4 }];
  };
  const webhooks = new Webhooks({ registry, targets: { resolve }, newTarget: () => `target-${++targets}` });
  return { registry, webhooks };
}
