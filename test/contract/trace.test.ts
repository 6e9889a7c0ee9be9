/** Log ids and trace ids of photos. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { photoLogId, TRACE_ID, TRACE_METADATA, traceIdOf } from '../../contract/trace.ts';

const upload = { bucket: 'photos', key: 'incoming/oma.jpg', etag: 'e1', storedAtMs: 1_764_000_000_000 };

it('the log id is the SHA-256 of bucket and key', () => {
  const expected = createHash('sha256').update('photos/incoming/oma.jpg').digest('hex');
  expect(photoLogId('photos', 'incoming/oma.jpg')).toBe(expected);
});

describe('the trace id of an upload', () => {
  const given = 'ab'.repeat(16);

  it('is that of its metadata', () => {
    expect(traceIdOf(upload, { [TRACE_METADATA]: given })).toBe(given);
  });

  it.each(['', 'AB'.repeat(16), 'ab'.repeat(17), `${given}\n`, 'x'.repeat(32)])(
    'is derived where the metadata has %j',
    (wrong) => {
      const derived = traceIdOf(upload, { [TRACE_METADATA]: wrong });
      expect(derived).toMatch(TRACE_ID);
      expect(derived).toBe(traceIdOf(upload));
    },
  );

  it('is the same at each receive of its event, and another one for the same bytes sent again', () => {
    expect(traceIdOf({ ...upload })).toBe(traceIdOf(upload));
    expect(traceIdOf({ ...upload, storedAtMs: upload.storedAtMs + 1 })).not.toBe(traceIdOf(upload));
    expect(traceIdOf({ ...upload, etag: 'e2' })).not.toBe(traceIdOf(upload));
    expect(traceIdOf({ ...upload, key: 'incoming/opa.jpg' })).not.toBe(traceIdOf(upload));
  });
});
