import { expect, it } from 'vitest';
import { failureSchema } from '../../contract/failure.ts';

const record = { message: 'm', retryable: true, key: 'incoming/a.jpg', etag: 'e' };

it.each([
  ['retries-exhausted', 'retries-exhausted'],
  ['gave-up', 'retries-exhausted'],
  ['too-large', 'too-large'],
])('reads the stored code %s as %s', (stored, code) => {
  expect(failureSchema.parse({ ...record, code: stored })).toEqual({ ...record, code });
});

it('rejects an unknown code', () => {
  expect(failureSchema.safeParse({ ...record, code: 'lost' }).success).toBe(false);
});
