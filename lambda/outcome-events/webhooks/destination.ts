/** Webhooks as a destination of events: a delivery for each webhook of the caller that announced the photo. */
import type { OutcomeEvent } from '../../../contract/outcome-event.ts';
import { ownerDigest, type Wake } from '../../../contract/webhook.ts';
import type { Destination } from '../ports.ts';
import type { DeliveryStore, WakeQueue, WebhookStore } from './ports.ts';

export interface DestinationPorts {
  /** @returns the caller that announced a photo of the API; undefined for an unknown one */
  ownerOf: (photoId: string) => Promise<string | undefined>;
  webhooks: Pick<WebhookStore, 'list'>;
  deliveries: Pick<DeliveryStore, 'add'>;
  wakes: WakeQueue;
  /** Epoch seconds. */
  now: () => number;
}

export class WebhookDestination implements Destination {
  constructor(private readonly ports: DestinationPorts) {}

  async send(events: readonly OutcomeEvent[]): Promise<ReadonlySet<string>> {
    const failed = new Set<string>();
    const woken = new Map<string, { wake: Wake; events: Set<string> }>();
    await Promise.all(
      events.map(async (event) => {
        try {
          for (const wake of await this.store(event)) {
            const key = `${wake.owner}/${wake.id}`;
            const known = woken.get(key) ?? { wake, events: new Set() };
            woken.set(key, { wake, events: known.events.add(event.id) });
          }
        } catch {
          failed.add(event.id);
        }
      }),
    );
    // After the deliveries are stored: the run that a wake starts must find them.
    await Promise.all(
      [...woken.values()].map(({ wake, events: ids }) =>
        this.ports.wakes.send(wake, 0).catch(() => ids.forEach((id) => failed.add(id))),
      ),
    );
    return failed;
  }

  private async store(event: OutcomeEvent): Promise<Wake[]> {
    const { ownerOf, webhooks, deliveries, now } = this.ports;
    const { id: photoId } = event.data.photo;
    const owner = photoId === null ? undefined : await ownerOf(photoId);
    if (owner === undefined) return [];
    const registered = await webhooks.list(ownerDigest(owner));
    const active = registered.filter(({ disabledAt }) => disabledAt === undefined);
    const at = now();
    const body = JSON.stringify(event);
    for (const { target } of active)
      await deliveries.add({ target, event: event.id, body, attempts: 0, createdAt: at, dueAt: at });
    return active.map(({ owner: digest, id }) => ({ owner: digest, id }));
  }
}
