/** Signatures of Standard Webhooks: the specification's own example, and a receiver that was written apart from the sender. */
import { describe, expect, it } from 'vitest';
import { refusal } from '../../examples/webhook-receiver/receiver.ts';
import { newSecret, rotated, signedHeaders, validSecrets } from '../../contract/webhook-signature.ts';

const NOW = 1_614_265_330;
const ID = 'msg_p5jXN8AQM9LWM0D4loKWxJek';
const BODY = '{"test": 2432232314}';
/** Of the libraries' tests of the specification. */
const EXAMPLE = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const DAY = 86_400;

describe('a signature', () => {
  it('is that of the specification’s example', () => {
    expect(signedHeaders([{ secret: EXAMPLE }], ID, BODY, NOW + 0.9)).toEqual({
      'webhook-id': ID,
      'webhook-timestamp': String(NOW),
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
    const headers = signedHeaders([{ secret: EXAMPLE }], ID, BODY, NOW);
    expect(refusal(EXAMPLE, headers, BODY, NOW)).toBeUndefined();
  });

  it.each(['hmac', 'ed25519'] as const)(
    'by %s is accepted by the receiver, and nothing that was changed is',
    (signing) => {
      const made = newSecret(signing);
      const key = made.publicKey ?? made.secret;
      const headers = signedHeaders([made], ID, BODY, NOW);
      expect(refusal(key, headers, BODY, NOW + 299)).toBeUndefined();
      const other = newSecret(signing);
      const refused = [
        refusal(other.publicKey ?? other.secret, headers, BODY, NOW),
        refusal(key, headers, BODY + ' ', NOW),
        refusal(key, { ...headers, 'webhook-id': `${ID}x` }, BODY, NOW),
        refusal(key, { ...headers, 'webhook-timestamp': String(NOW + 1) }, BODY, NOW),
        refusal(key, { ...headers, 'webhook-signature': 'v1,' }, BODY, NOW),
        refusal(key, { ...headers, 'webhook-signature': undefined }, BODY, NOW),
        refusal(key, headers, BODY, NOW + 301),
        refusal(key, headers, BODY, NOW - 301),
      ];
      expect(refused).not.toContain(undefined);
    },
  );

  it('has a secret of at least 24 bytes, another one each time', () => {
    const secrets = Array.from({ length: 20 }, () => newSecret('hmac').secret);
    expect(new Set(secrets).size).toBe(20);
    expect(Buffer.from(secrets[0]!.replace('whsec_', ''), 'base64').length).toBeGreaterThanOrEqual(24);
  });
});

describe('a secret that is replaced', () => {
  const [first, second, third] = [newSecret('hmac'), newSecret('hmac'), newSecret('ed25519')];
  const after = rotated([first], second, NOW, DAY);
  const accepts = (secrets: readonly { secret: string }[], key: string, now: number) =>
    refusal(key, signedHeaders(secrets, ID, BODY, now), BODY, now) === undefined;

  it('is valid beside the new one for a day', () => {
    expect([accepts(after, second.secret, NOW), accepts(after, first.secret, NOW)]).toEqual([true, true]);
    const later = NOW + DAY + 1;
    expect([accepts(after, second.secret, later), accepts(after, first.secret, later)]).toEqual([
      true,
      false,
    ]);
  });

  it('ends at once where two others came after it', () => {
    const twice = rotated(after, third, NOW, DAY);
    expect(validSecrets(twice, NOW).map(({ secret }) => secret)).toEqual([third.secret, second.secret]);
    expect(accepts(twice, third.publicKey!, NOW)).toBe(true);
  });
});
