/**
 * Secrets and signatures of Standard Webhooks 1.0 (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md).
 *
 * What is signed is `id.timestamp.body`. A delivery has a signature by each secret that is valid: a receiver accepts it with either.
 */
import { createHmac, createPrivateKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import type { StoredWebhook, WebhookSecret } from './webhook.ts';

type Signing = StoredWebhook['signing'];

/** Of the 24 to 64 that the specification allows. */
const SECRET_BYTES = 32;
/** An Ed25519 key as DER has a fixed beginning, and then the 32 bytes. */
const RAW_BYTES = 32;
const HMAC_PREFIX = 'whsec_';
const PRIVATE_PREFIX = 'whsk_';
const PUBLIC_PREFIX = 'whpk_';
/** At most two are valid at once. */
const MOST_SECRETS = 2;

export function newSecret(signing: Signing): WebhookSecret {
  if (signing === 'hmac') return { secret: HMAC_PREFIX + randomBytes(SECRET_BYTES).toString('base64') };
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-RAW_BYTES);
  return {
    secret: PRIVATE_PREFIX + privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64'),
    publicKey: PUBLIC_PREFIX + raw.toString('base64'),
  };
}

/** Those that are signed with, the newest first. @param now epoch seconds */
export const validSecrets = (secrets: readonly WebhookSecret[], now: number): WebhookSecret[] =>
  secrets.filter(({ validUntil }) => validUntil === undefined || validUntil > now).slice(0, MOST_SECRETS);

/** @returns the new one first, and the newest of the others until it ends */
export const rotated = (
  secrets: readonly WebhookSecret[],
  fresh: WebhookSecret,
  now: number,
  overlapSeconds: number,
): WebhookSecret[] => [
  fresh,
  ...validSecrets(secrets, now)
    .slice(0, 1)
    .map((old) => ({ ...old, validUntil: now + overlapSeconds })),
];

function signatureBy({ secret }: WebhookSecret, content: string): string {
  if (secret.startsWith(HMAC_PREFIX)) {
    const key = Buffer.from(secret.slice(HMAC_PREFIX.length), 'base64');
    return `v1,${createHmac('sha256', key).update(content).digest('base64')}`;
  }
  const der = Buffer.from(secret.slice(PRIVATE_PREFIX.length), 'base64');
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  return `v1a,${sign(null, Buffer.from(content), key).toString('base64')}`;
}

/** @param now epoch seconds: receivers refuse what is old, so each attempt has its own */
export function signedHeaders(
  secrets: readonly WebhookSecret[],
  id: string,
  body: string,
  now: number,
): Record<string, string> {
  const timestamp = String(Math.floor(now));
  const content = `${id}.${timestamp}.${body}`;
  const signatures = validSecrets(secrets, now).map((secret) => signatureBy(secret, content));
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}
