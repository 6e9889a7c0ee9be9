import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failedKey, MAX_KEY_BYTES, relativeKey, resultKey } from '../../contract/keys.ts';

describe('keys of a photo and its outcomes', () => {
  it.each([
    ['incoming/a.jpg', 'results/a.jpg', 'failed/a.jpg.json'],
    [
      'incoming/holiday 1931/Grüße.tif',
      'results/holiday 1931/Grüße.tif',
      'failed/holiday 1931/Grüße.tif.json',
    ],
    ['incoming/incoming/x.png', 'results/incoming/x.png', 'failed/incoming/x.png.json'],
  ])('%s has the outcome %s or %s', (photo, result, failed) => {
    expect(resultKey(photo)).toBe(result);
    expect(failedKey(photo)).toBe(failed);
  });

  it.each(['results/a.jpg', 'incoming/', 'a.jpg', ''])('fails for %j, which is no photo', (key) => {
    expect(() => relativeKey(key)).toThrow(`'${key}'`);
  });

  it('uses a digest when the name would be too long, counted in bytes', () => {
    const short = `incoming/${'ü'.repeat(500)}`;
    const long = `incoming/${'ü'.repeat(507)}`;
    expect(failedKey(short)).toBe(`failed/${'ü'.repeat(500)}.json`);
    expect(failedKey(long)).toMatch(/^failed\/sha256-[0-9a-f]{64}\.json$/);
  });

  it('gives no two photos the same outcome, and no key that S3 refuses', () => {
    const name = fc
      .string({ minLength: 1, maxLength: 1015 })
      .filter((text) => Buffer.byteLength(text) <= 1015);
    fc.assert(
      fc.property(name, name, (a, b) => {
        fc.pre(a !== b);
        expect(failedKey(`incoming/${a}`)).not.toBe(failedKey(`incoming/${b}`));
        expect(Buffer.byteLength(failedKey(`incoming/${a}`))).toBeLessThanOrEqual(MAX_KEY_BYTES);
        expect(Buffer.byteLength(resultKey(`incoming/${a}`))).toBeLessThanOrEqual(MAX_KEY_BYTES);
      }),
      { seed: 1, numRuns: 200 },
    );
  });
});
