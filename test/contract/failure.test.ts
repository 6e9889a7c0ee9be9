import { expect, it } from 'vitest';
import { failureSchema, readFailure } from '../../contract/failure.ts';

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

it.each([
  ['a record', JSON.stringify({ ...record, code: 'too-large' }), { ...record, code: 'too-large' }],
  [
    'a code of a later version',
    JSON.stringify({ ...record, code: 'blurred' }),
    { ...record, code: 'cannot-be-coloured' },
  ],
  [
    'the name of a property',
    JSON.stringify({ ...record, code: '__proto__' }),
    { ...record, code: 'cannot-be-coloured' },
  ],
  ['no code', JSON.stringify(record), { ...record, code: 'cannot-be-coloured' }],
  ['a long message', JSON.stringify({ ...record, message: 'm'.repeat(9000) }), { message: 'm'.repeat(600) }],
  [
    'no message',
    JSON.stringify({ ...record, message: { toString: 1 } }),
    { code: 'cannot-be-coloured', retryable: true },
  ],
  ['a long key', JSON.stringify({ ...record, key: 'k'.repeat(9000) }), { key: '', message: 'm' }],
  ['JSON of something else', '[null]', { code: 'cannot-be-coloured', retryable: true }],
  ['no JSON', '<Error>', { code: 'cannot-be-coloured', retryable: true }],
  ['nothing', '', { message: 'The photo failed, and its failure record cannot be read.' }],
])('a reader makes a failure of %s', (_, text, failure) => expect(readFailure(text)).toMatchObject(failure));
