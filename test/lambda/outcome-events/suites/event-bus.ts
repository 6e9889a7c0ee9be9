/** What PutEvents answers, over HTTP: an event counts as sent where it has an id on the bus. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, expect, it } from 'vitest';
import { Scope } from '../../../../common/scope.ts';
import type { OutcomeEvent } from '../../../../contract/outcome-event.ts';
import { EventBus } from '../../../../lambda/outcome-events/aws/event-bus.ts';

const event = { id: 'evt_1', data: { photo: { id: 'photo' } } } as OutcomeEvent;

export function eventBusTests(): void {
  const scope = new Scope();
  afterAll(() => scope.close());

  it.each<
    [what: string, status: number, answer: Record<number, object | undefined>, refused: number[] | string]
  >([
    ['all', 200, {}, []],
    [
      'entries that are throttled',
      200,
      { 3: { ErrorCode: 'ThrottlingException' }, 11: { ErrorCode: 'x' } },
      [3, 11],
    ],
    ['fewer entries than events', 200, { 9: undefined }, [9]],
    ['an error', 503, {}, 'PutEvents: status 503'],
  ])('PutEvents answers %s', async (_what, status, answer, refused) => {
    let from = 0;
    const server = createServer((request, response) => {
      request.resume();
      // Of twelve events: ten, and two.
      const Entries = Array.from({ length: from === 0 ? 10 : 2 }, (_, k) => {
        return from + k in answer ? answer[from + k] : { EventId: `${from + k}` };
      });
      from += 10;
      request.on('end', () =>
        response
          .writeHead(status)
          .end(JSON.stringify({ Entries: Entries.filter((one) => one !== undefined) })),
      );
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    await scope.defer(() => void server.close());
    const bus = new EventBus({
      ...{ name: 'bus', region: 'eu-west-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } },
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    });
    const events = Array.from({ length: 12 }, (_, k) => ({
      ...{ ...event, id: String(k), type: 'photo.coloured', timestamp: '2026-11-29T06:00:07.000Z' },
    })) as OutcomeEvent[];
    const sent = bus.send(events);
    if (typeof refused === 'string') await expect(sent).rejects.toThrow(refused);
    else expect([...(await sent)].map(Number)).toEqual(refused);
  });
}
