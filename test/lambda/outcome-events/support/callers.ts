/** Callers of the deployed API, with photos and receivers of theirs. */
import { PutObjectCommand } from '@aws-sdk/client-s3';
import type { Scope } from '../../../../common/scope.ts';
import { resultKey } from '../../../../contract/keys.ts';
import type { OutcomeEvent } from '../../../../contract/outcome-event.ts';
import { createdPhotoSchema } from '../../../../contract/photo-api.ts';
import { webhookSchema } from '../../../../contract/webhook.ts';
import { deployed } from '../../gateway/support/deployed.ts';
import { Receiver } from './receiver.ts';

const AT_ONCE = 20;

const call = (sub: string, method: string, path: string, body: object) =>
  fetch(`${deployed.jwt.url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${deployed.issuer.token(sub)}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify(body),
  });

/** Callers have a quota of a hundred photos an hour: each hundred has one of its own, `<name>-<k>`. */
export async function announced(count: number, name: string): Promise<string[]> {
  const ids: string[] = [];
  for (let from = 0; from < count; from += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, count - from) }, async (_, k) => {
      const sub = `${name}-${Math.floor((from + k) / 100)}`;
      const answer = await call(sub, 'POST', 'photos', { name: 'a.jpg', type: 'image/jpeg', size: 1 });
      if (answer.status !== 201) throw new Error(`POST photos: ${answer.status} ${await answer.text()}`);
      return createdPhotoSchema.parse(await answer.json()).id;
    });
    ids.push(...(await Promise.all(some)));
  }
  return ids;
}

/** As workers store results. */
export async function storeResults(ids: readonly string[]): Promise<void> {
  for (let from = 0; from < ids.length; from += AT_ONCE)
    await Promise.all(
      ids.slice(from, from + AT_ONCE).map((id) =>
        deployed.s3.send(
          new PutObjectCommand({
            ...{ Bucket: deployed.jwt.bucket, Key: resultKey(`incoming/api/${id}`), Body: 'result' },
            Metadata: { 'source-etag': id, 'trace-id': 'ab'.repeat(16) },
          }),
        ),
      ),
    );
}

/** @returns the secret, where there is a new one */
export async function register(sub: string, url: string, more: object = {}): Promise<string> {
  const answer = await call(sub, 'PUT', 'webhooks/all', { url, ...more });
  return webhookSchema.parse(await answer.json()).secret ?? '';
}

/** Receivers of the callers of one name. */
export const receiversOf = (scope: Scope, name: string, count: number): Promise<Receiver[]> =>
  Promise.all(
    Array.from({ length: count }, async (_, k) => {
      const receiver = await Receiver.start(scope);
      receiver.key = await register(`${name}-${k}`, receiver.url);
      return receiver;
    }),
  );

export const photosOf = (events: readonly OutcomeEvent[]) => new Set(events.map(({ data }) => data.photo.id));
