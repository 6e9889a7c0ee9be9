/**
 * A receiver of webhooks: checks signature and time, drops what it has had, and answers at once. Node alone, no package.
 *
 *     WEBHOOK_SECRET=whsec_… node receiver.ts 8080
 *
 * Put it behind something that speaks https. It keeps the ids of the last events in memory; a service keeps them in its database, in the
 * transaction that acts on the event.
 */
import { createHmac, createPublicKey, timingSafeEqual, verify as verifySignature } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server } from 'node:http';
import { argv, env } from 'node:process';

const TOLERANCE_SECONDS = 300;
const MOST_BYTES = 262_144;
const MOST_IDS = 100_000;
/** A raw Ed25519 key is this and its 32 bytes. */
const DER = Buffer.from('302a300506032b6570032100', 'hex');

/**
 * Checks a delivery as Standard Webhooks 1.0 asks.
 *
 * @param key `whsec_…` of an HMAC, or `whpk_…` of Ed25519
 * @param headers in lowercase
 * @param body as received, byte by byte
 * @param now epoch seconds
 * @returns why it is refused; undefined for one that is genuine
 */
export function refusal(
  key: string,
  headers: IncomingHttpHeaders,
  body: string,
  now: number,
): string | undefined {
  const [id, timestamp, signatures] = ['id', 'timestamp', 'signature'].map(
    (name) => headers[`webhook-${name}`],
  );
  if (!id || !timestamp || !signatures) return 'headers are missing';
  if (!(Math.abs(now - Number(timestamp)) <= TOLERANCE_SECONDS)) return 'too old, or from the future';
  const content = Buffer.from(`${String(id)}.${String(timestamp)}.${body}`);
  const secret = Buffer.from(key.slice(key.indexOf('_') + 1), 'base64');
  // While a secret is replaced there is a signature by each.
  const isGenuine = String(signatures)
    .split(' ')
    .some((entry) => {
      const [version, text = ''] = entry.split(',');
      const signature = Buffer.from(text, 'base64');
      if (key.startsWith('whsec_') && version === 'v1') {
        const own = createHmac('sha256', secret).update(content).digest();
        return own.length === signature.length && timingSafeEqual(own, signature);
      }
      if (!key.startsWith('whpk_') || version !== 'v1a') return false;
      const publicKey = createPublicKey({ key: Buffer.concat([DER, secret]), format: 'der', type: 'spki' });
      return verifySignature(null, content, publicKey, signature);
    });
  return isGenuine ? undefined : 'no signature fits';
}

async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

export interface Event {
  id: string;
  type: string;
  data: object;
}

/** @param act called once for each event; throws to have it sent again */
export function receiver(key: string, act: (event: Event) => void): Server {
  const seen = new Set<string>();
  return createServer((request, response) => {
    const answer = (status: number) => response.writeHead(status).end();
    bodyOf(request)
      .then((body) => {
        if (request.method !== 'POST' || body === undefined) return answer(400);
        if (refusal(key, request.headers, body, Date.now() / 1000) !== undefined) return answer(401);
        const event = JSON.parse(body) as Event;
        if (!seen.has(event.id)) act(event);
        seen.add(event.id);
        if (seen.size > MOST_IDS) seen.delete(seen.values().next().value ?? '');
        return answer(204);
      })
      .catch(() => answer(500));
  });
}

const [, script, port] = argv;
if (script === import.meta.filename) {
  const { WEBHOOK_SECRET = '' } = env;
  receiver(WEBHOOK_SECRET, ({ id, type, data }) => console.log(id, type, JSON.stringify(data))).listen(
    Number(port ?? 8080),
  );
}
