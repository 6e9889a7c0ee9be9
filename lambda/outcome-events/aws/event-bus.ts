/**
 * An EventBridge event bus, by one signed request: the SDK has a client for it, which would be most of the function.
 *
 * - PutEvents takes 10 entries of 1 MiB together, and may refuse some of them.
 * - What fails is not tried again here: SQS delivers the message again.
 */
import { SignatureV4 } from '@smithy/signature-v4';
import { z } from 'zod';
import { Sha256 } from '../../../common/sha256.ts';
import { EVENT_SOURCE, type OutcomeEvent } from '../../../contract/outcome-event.ts';
import type { Destination } from '../ports.ts';

const MOST_ENTRIES = 10;
const TIMEOUT_MS = 10_000;

const answerSchema = z.object({
  Entries: z.array(z.object({ EventId: z.string().optional(), ErrorCode: z.string().optional() })),
});

export interface EventBusOptions {
  name: string;
  region: string;
  /** https://events.REGION.amazonaws.com, or the local AWS. */
  endpoint: string;
  credentials: ConstructorParameters<typeof SignatureV4>[0]['credentials'];
}

export class EventBus implements Destination {
  private readonly signer: SignatureV4;

  constructor(private readonly options: EventBusOptions) {
    const { credentials, region } = options;
    this.signer = new SignatureV4({ credentials, region, service: 'events', sha256: Sha256 });
  }

  async send(events: readonly OutcomeEvent[]): Promise<ReadonlySet<string>> {
    const refused = new Set<string>();
    for (let from = 0; from < events.length; from += MOST_ENTRIES) {
      const some = events.slice(from, from + MOST_ENTRIES);
      const { Entries } = answerSchema.parse(await this.put(some));
      // An entry without an id is not on the bus.
      some.forEach(({ id }, k) => Entries[k]?.EventId === undefined && refused.add(id));
    }
    return refused;
  }

  private async put(events: readonly OutcomeEvent[]): Promise<unknown> {
    const { name, endpoint } = this.options;
    const { protocol, host, hostname, pathname } = new URL(endpoint);
    const body = JSON.stringify({
      Entries: events.map((event) => ({
        EventBusName: name,
        Source: EVENT_SOURCE,
        DetailType: event.type,
        Time: Date.parse(event.timestamp) / 1000,
        Detail: JSON.stringify(event),
      })),
    });
    const { headers } = await this.signer.sign({
      method: 'POST',
      ...{ protocol, hostname, path: pathname, body },
      headers: {
        host,
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'AWSEvents.PutEvents',
      },
    });
    // Set by fetch from the URL.
    delete headers.host;
    const answer = await fetch(endpoint, {
      ...{ method: 'POST', headers, body, redirect: 'error' },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!answer.ok) throw new Error(`PutEvents: status ${answer.status}`);
    return answer.json();
  }
}
