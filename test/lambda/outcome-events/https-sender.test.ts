/** A delivery over HTTP to receivers on this machine: what an answer means, and where nothing is sent. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, describe, expect, it } from 'vitest';
import { newSecret } from '../../../contract/webhook-signature.ts';
import { receiver } from '../../../examples/webhook-receiver/receiver.ts';
import { HttpsSender } from '../../../lambda/outcome-events/webhooks/https-sender.ts';
import type { Delivery } from '../../../lambda/outcome-events/webhooks/ports.ts';

const servers: Server[] = [];
afterAll(() => servers.forEach((server) => server.close().closeAllConnections()));

async function listening(server: Server): Promise<string> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
}
const serve = (listener: RequestListener) => listening(createServer(listener));

const secrets = [newSecret('hmac')];
const delivery: Delivery = {
  ...{ target: 't', event: 'evt_1', body: JSON.stringify({ id: 'evt_1', type: 'photo.coloured', data: {} }) },
  ...{ attempts: 0, createdAt: 0, dueAt: 0 },
};
const here = () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]);
const sender = (timeoutSeconds = 5) =>
  new HttpsSender({ resolve: here, allowLoopback: true }, timeoutSeconds);
const send = (url: string, by = sender()) => by.send(url, secrets, delivery, Date.now() / 1000);

describe('a delivery', () => {
  it.each(['hmac', 'ed25519'] as const)(
    'signed by %s is accepted by the receiver of the examples, and acted on once',
    async (signing) => {
      const made = newSecret(signing);
      const events: string[] = [];
      const url = await listening(receiver(made.publicKey ?? made.secret, ({ id }) => events.push(id)));
      for (let k = 0; k < 2; k++)
        expect(await sender().send(url, [made], delivery, Date.now() / 1000)).toEqual({
          ok: true,
          status: 204,
        });
      expect(events).toEqual(['evt_1']);
      expect(await send(url)).toMatchObject({ ok: false, reason: 'status 401' });
    },
  );

  it.each<[what: string, listener: RequestListener, attempt: object]>([
    [
      '500',
      (_, response) => response.writeHead(500).end('x'.repeat(1e6)),
      { ok: false, reason: 'status 500', isRefusal: true },
    ],
    ['410', (_, response) => response.writeHead(410).end(), { ok: false, isGone: true }],
    [
      'Retry-After',
      (_, response) => response.writeHead(429, { 'retry-after': '7' }).end(),
      { ok: false, reason: 'status 429', askedSeconds: 7, isRefusal: false },
    ],
    [
      'an endless Retry-After',
      (_, response) => response.writeHead(503, { 'retry-after': '99999999' }).end(),
      { askedSeconds: 900, isRefusal: false },
    ],
    [
      'a redirect, which is not followed',
      (_, response) => response.writeHead(302, { location: 'http://169.254.169.254/' }).end(),
      { ok: false, reason: 'status 302' },
    ],
    ['a closed connection', (request) => request.socket.destroy(), { ok: false, reason: 'ECONNRESET' }],
    [
      'a change of the protocol',
      ({ socket }) => socket.write('HTTP/1.1 101 Over\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'),
      { ok: false, reason: 'connection failed' },
    ],
    [
      'an answer without an end',
      (_, response) => void response.writeHead(200).write('x'),
      { ok: true, status: 200 },
    ],
  ])('answered with %s', async (_what, listener, attempt) => {
    expect(await send(await serve(listener))).toMatchObject(attempt);
  });

  it('that nothing answers fails in time', async () => {
    const url = await serve(() => undefined);
    expect(await send(url, sender(0.2))).toEqual({ ok: false, reason: 'no answer in 0.2 s' });
    const silent = new HttpsSender({ resolve: () => new Promise(() => undefined), allowLoopback: true }, 0.1);
    expect(await send('https://a.example', silent)).toEqual({ ok: false, reason: 'no answer in 0.1 s' });
  });
});

describe('nothing is sent', () => {
  it('to a name that has come to mean this machine, or by another protocol', async () => {
    let requests = 0;
    const url = await serve((_, response) => {
      requests += 1;
      response.end();
    });
    const onAws = new HttpsSender({ resolve: here });
    for (const target of [
      url,
      url.replace('http:', 'https:'),
      'https://a.example',
      'https://metadata.internal',
    ])
      expect(await send(target, onAws)).toMatchObject({
        ok: false,
        reason: expect.stringContaining('refused: ') as string,
      });
    expect(requests).toBe(0);
  });

  it('to another address than the one that was judged', async () => {
    let lookups = 0;
    const resolve = async () => [{ address: ++lookups > 1 ? '127.0.0.9' : '127.0.0.1', family: 4 }];
    const url = await serve((request, response) =>
      response.writeHead(request.socket.localAddress === '127.0.0.1' ? 204 : 500).end(),
    );
    const byName = url.replace('127.0.0.1', 'localhost');
    expect(await send(byName, new HttpsSender({ resolve, allowLoopback: true }))).toEqual({
      ok: true,
      status: 204,
    });
    expect(lookups).toBe(1);
    // The server is at 127.0.0.1 only: what is judged to be elsewhere does not come to it, though the system resolves the name so.
    const elsewhere = async () => [{ address: '::1', family: 6 }];
    const attempt = await send(byName, new HttpsSender({ resolve: elsewhere, allowLoopback: true }));
    expect(attempt.ok).toBe(false);
  });
});
