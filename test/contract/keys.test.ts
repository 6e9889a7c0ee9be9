import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { apiPhotoKey, failedKey, MAX_KEY_BYTES, relativeKey, resultKey } from '../../contract/keys.ts';
import { FOLDERS, laneOf, QUEUES } from '../../contract/lanes.ts';

describe('keys of a photo and its outcomes', () => {
  it.each([
    ['incoming/a.jpg', 'interactive', 'results/a.jpg', 'failed/a.jpg.json'],
    [
      'incoming/holiday 1931/Grüße.tif',
      'interactive',
      'results/holiday 1931/Grüße.tif',
      'failed/holiday 1931/Grüße.tif.json',
    ],
    ['incoming/incoming/x.png', 'interactive', 'results/incoming/x.png', 'failed/incoming/x.png.json'],
    ['incoming/bulk/x', 'interactive', 'results/bulk/x', 'failed/bulk/x.json'],
    ['incoming/bulk-results/x', 'interactive', 'results/bulk-results/x', 'failed/bulk-results/x.json'],
    ['bulk/x', 'bulk', 'bulk-results/x', 'bulk-failed/x.json'],
    ['sidelined/x', 'interactive', 'sidelined-results/x', 'sidelined-failed/x.json'],
    ['sidelined/bulk/x', 'interactive', 'sidelined-results/bulk/x', 'sidelined-failed/bulk/x.json'],
    ['incoming/sidelined/x', 'interactive', 'results/sidelined/x', 'failed/sidelined/x.json'],
    ['bulk/bulk/x', 'bulk', 'bulk-results/bulk/x', 'bulk-failed/bulk/x.json'],
    ['bulk/incoming/x', 'bulk', 'bulk-results/incoming/x', 'bulk-failed/incoming/x.json'],
    ['bulk//x', 'bulk', 'bulk-results//x', 'bulk-failed//x.json'],
    ['bulk/%62ulk+%2Fx', 'bulk', 'bulk-results/%62ulk+%2Fx', 'bulk-failed/%62ulk+%2Fx.json'],
  ])('%s is %s and has the outcome %s or %s', (photo, lane, result, failed) => {
    expect([laneOf(photo), resultKey(photo), failedKey(photo)]).toEqual([lane, result, failed]);
  });

  it.each([
    'results/a.jpg',
    'incoming/',
    'sidelined/',
    'sidelined-results/a.jpg',
    'bulk/',
    'bulk',
    'bulk-results/a.jpg',
    'bulk-failed/a.jpg.json',
    '/bulk/a.jpg',
    'Bulk/a.jpg',
    'bulk%2Fa.jpg',
    'a.jpg',
    '',
  ])('fails for %j, which is no photo', (key) => {
    for (const read of [laneOf, relativeKey, resultKey, failedKey]) {
      expect(() => read(key)).toThrow(
        `'${key}' (expected a name below 'incoming/' or 'sidelined/' or 'bulk/')`,
      );
    }
  });

  it('takes the photos of the HTTP API to the first queue by default', () => {
    expect([apiPhotoKey('id'), apiPhotoKey('id', 'bulk')]).toEqual(['incoming/api/id', 'bulk/api/id']);
  });

  it('has no folder that is the beginning of another, which S3 refuses for notifications', () => {
    const folders = QUEUES.flatMap((queue) => Object.values(FOLDERS[queue]));
    expect(new Set(folders).size).toBe(9);
    for (const one of folders)
      expect(
        folders.filter((other) => other.startsWith(one)),
        one,
      ).toEqual([one]);
  });

  it('uses a digest when the name would be too long, counted in bytes', () => {
    const short = `incoming/${'ü'.repeat(500)}`;
    const long = `incoming/${'ü'.repeat(507)}`;
    expect(failedKey(short)).toBe(`failed/${'ü'.repeat(500)}.json`);
    expect(failedKey(long)).toMatch(/^failed\/sha256-[0-9a-f]{64}\.json$/);
  });

  it.each([
    ['incoming/', 1015, 'plain', 'digest'],
    ['incoming/', 1012, 'plain', 'plain'],
    ['sidelined/', 1014, 'digest', 'digest'],
    ['sidelined/', 1000, 'plain', 'plain'],
    ['bulk/', 1019, 'digest', 'digest'],
    ['bulk/', 1012, 'digest', 'digest'],
    ['bulk/', 1011, 'plain', 'digest'],
    ['bulk/', 1007, 'plain', 'plain'],
  ])('%s and a name of %i bytes has a %s result and a %s failure record', (folder, bytes, ...kinds) => {
    const photo = folder + 'x'.repeat(bytes);
    expect(
      [resultKey(photo), failedKey(photo)].map((key) => (key.includes('xx') ? 'plain' : 'digest')),
    ).toEqual(kinds);
  });

  it('gives no two photos the same outcome, and no key that S3 refuses', () => {
    const photo = fc
      .tuple(
        fc.constantFrom('incoming/', 'bulk/', 'incoming/bulk/', 'bulk/incoming/', 'sidelined/'),
        fc.string({ minLength: 1, maxLength: 12 }),
        fc.constantFrom(0, 980, 990, 1000, 1005),
      )
      .map(([folder, name, padding]) => folder + 'x'.repeat(padding) + name)
      .filter((key) => Buffer.byteLength(key) <= MAX_KEY_BYTES);
    fc.assert(
      fc.property(photo, photo, (a, b) => {
        const outcomes = [...new Set([a, b])].flatMap((key) => [resultKey(key), failedKey(key)]);
        expect(new Set(outcomes).size).toBe(outcomes.length);
        for (const key of outcomes) expect(Buffer.byteLength(key)).toBeLessThanOrEqual(MAX_KEY_BYTES);
      }),
      { seed: 1, numRuns: 200 },
    );
  });
});
