/** Webhooks as a destination: whose deliveries an event becomes, and when it counts as sent. */
import { expect, it } from 'vitest';
import type { OutcomeEvent } from '../../../contract/outcome-event.ts';
import { ownerDigest } from '../../../contract/webhook.ts';
import { WebhookDestination } from '../../../lambda/outcome-events/webhooks/destination.ts';
import { MemoryDeliveries, MemoryWakes, MemoryWebhooks, webhookOf } from './support/memory.ts';

const event = { id: 'evt_1', data: { photo: { id: 'photo' } } } as OutcomeEvent;

it.each([false, true])(
  'an event is a delivery of each webhook that is on; queue away: %s',
  async (isAway) => {
    const owner = ownerDigest('ann');
    const webhooks = new MemoryWebhooks([
      webhookOf('on', { owner }),
      webhookOf('off', { owner, disabledAt: 1 }),
      webhookOf('other'),
    ]);
    const deliveries = new MemoryDeliveries();
    const wakes = new MemoryWakes(
      () => 5,
      () => {
        if (isAway) throw new Error('away');
      },
    );
    const destination = new WebhookDestination({
      ...{ webhooks, deliveries, wakes, ownerOf: async () => 'ann', now: () => 5 },
    });
    // Without its wake an event is not sent: SQS delivers the message again.
    expect([...(await destination.send([event]))]).toEqual(isAway ? ['evt_1'] : []);
    expect([...deliveries.stored.keys()]).toEqual(['target-on/evt_1']);
    expect(wakes.messages).toEqual(isAway ? [] : [{ wake: { owner, id: 'on' }, at: 5 }]);
  },
);
