/**
 * Sends a delivery over HTTPS, to the address that was judged, within ten seconds, without redirects.
 *
 * Of the answer only status and `Retry-After` count: its body is not read.
 */
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import {
  RefusedTarget,
  resolveTarget,
  type Address,
  type TargetOptions,
} from '../../../common/public-address.ts';
import type { WebhookSecret } from '../../../contract/webhook.ts';
import { signedHeaders } from '../../../contract/webhook-signature.ts';
import { askedSeconds } from './backoff.ts';
import type { Attempt, Delivery, Sender } from './ports.ts';

export const TIMEOUT_SECONDS = 10;
const GONE = 410;
/** Of a receiver that is overloaded, or of what is in front of one that is down. Any other is about the delivery, as far as one can know. */
const UNAVAILABLE = [408, 425, 429, 502, 503, 504];

type Lookup = NonNullable<RequestOptions['lookup']>;

/** Answers any name with the one address. */
const pinned =
  ({ address, family }: Address): Lookup =>
  (_name, options, callback) =>
    options.all ? callback(null, [{ address, family }]) : callback(null, address, family);

export class HttpsSender implements Sender {
  constructor(
    private readonly targets: TargetOptions,
    private readonly timeoutSeconds = TIMEOUT_SECONDS,
  ) {}

  async send(
    target: string,
    secrets: readonly WebhookSecret[],
    { event, body }: Delivery,
    now: number,
  ): Promise<Attempt> {
    const signal = AbortSignal.timeout(1000 * this.timeoutSeconds);
    try {
      const { url, address } = await within(signal, resolveTarget(target, this.targets));
      const headers = {
        ...signedHeaders(secrets, event, body, now),
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        'user-agent': 'ddcolor-elastic-webhooks/1',
      };
      const answer = await within(signal, post(url, address, headers, body, signal));
      const { statusCode: status = 0, headers: answered } = answer;
      if (status >= 200 && status < 300) return { ok: true, status };
      const asked = askedSeconds(answered['retry-after'], now);
      const kind = { isRefusal: !UNAVAILABLE.includes(status), isGone: status === GONE };
      return { ok: false, reason: `status ${status}`, askedSeconds: asked, ...kind };
    } catch (error) {
      return {
        ok: false,
        reason: signal.aborted ? `no answer in ${this.timeoutSeconds} s` : reasonOf(error),
      };
    }
  }
}

function post(
  url: URL,
  address: Address,
  headers: Record<string, string | number>,
  body: string,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    // No agent: a connection is of one address, and a function is frozen between its runs.
    const sent = request(url, { method: 'POST', headers, signal, lookup: pinned(address), agent: false });
    sent.on('error', reject);
    // Of an answer that changes the protocol (101) there is no error, and no response.
    sent.on('close', () => reject(new Error('closed without a response')));
    sent.on('response', (answer) => {
      answer.on('error', () => undefined);
      resolve(answer);
      answer.destroy();
    });
    sent.end(body);
  });
}

/** A lookup of a name cannot be cancelled, and a run must never wait for what a receiver does. */
function within<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('too late')), { once: true });
  });
  return Promise.race([promise, aborted]);
}

/** For the owner of the webhook: the kind of error, and no address of ours. */
function reasonOf(error: unknown): string {
  if (error instanceof RefusedTarget) return `refused: ${error.message}`;
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === 'string' && /^[A-Z0-9_]{1,60}$/.test(code) ? code : 'connection failed';
}
