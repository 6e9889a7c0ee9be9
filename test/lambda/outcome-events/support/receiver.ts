/** A receiver of webhooks on this machine that checks every signature, and can be down, slow or failing. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Scope } from '../../../../common/scope.ts';
import { outcomeEventSchema, type OutcomeEvent } from '../../../../contract/outcome-event.ts';
import { refusal } from '../../../../examples/webhook-receiver/receiver.ts';

export class Receiver {
  /** Of the webhook: `whsec_` or `whpk_`. */
  key = '';
  /** What it answers. */
  status = 204;
  /** Before it answers. */
  delayMs = 0;
  /** What happens between a request and its answer. */
  onRequest: () => void = () => undefined;
  /** Events that it accepted, as often as they came, with the whole body. */
  readonly accepted: OutcomeEvent[] = [];
  readonly bodies = new Map<string, Set<string>>();
  refused = 0;
  forged = 0;

  private constructor(readonly url: string) {}

  static async start(scope: Scope): Promise<Receiver> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks).toString();
        receiver.onRequest();
        const why = refusal(receiver.key, request.headers, body, Date.now() / 1000);
        void sleep(receiver.delayMs).then(() => response.writeHead(receiver.take(why, body)).end());
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const receiver = new Receiver(`http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`);
    await scope.defer(() => {
      server.close();
      server.closeAllConnections();
    });
    return receiver;
  }

  private take(why: string | undefined, body: string): number {
    if (why !== undefined) {
      this.forged += 1;
      return 401;
    }
    const event = outcomeEventSchema.parse(JSON.parse(body));
    this.bodies.set(event.id, (this.bodies.get(event.id) ?? new Set()).add(body));
    if (this.status >= 300) this.refused += 1;
    else this.accepted.push(event);
    return this.status;
  }
}
