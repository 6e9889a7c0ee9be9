/** What of the page needs no browser: where a photo is, types and names of files, whose a token is. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PHOTO_TYPES } from '../../../../contract/photo-types.ts';
import { uniqueNames } from '../../../../lambda/gateway/page/zip.ts';
import { isFor } from '../../../../lambda/gateway/page/sign-in.ts';
import {
  isPending,
  newTask,
  progressOf,
  resultName,
  secondsLeft,
  typeOf,
  type Step,
  type PhotoTask,
} from '../../../../lambda/gateway/page/photo-task.ts';

const file = (name: string, type = '') => new File(['x'], name, { type });
const work = (more: Partial<PhotoTask> = {}): PhotoTask => ({
  ...newTask(file('Oma.jpg', 'image/jpeg'), true),
  ...more,
});

describe('the bar of a photo', () => {
  const T = 1_780_316_400_000;
  /** Steps in their order, with what is known at each; each lasts a while. */
  const ways: Record<string, Step[]> = {
    'with the original here': [
      'queued',
      'preparing',
      'sending',
      'waiting',
      'fetching',
      'merging',
      'succeeded',
    ],
    'by the service alone': ['queued', 'sending', 'waiting', 'fetching', 'succeeded'],
  };
  const seconds = fc.double({ min: 0, max: 1e5, noNaN: true });
  const times = fc.array(seconds, { minLength: 1, maxLength: 12 }).map((all) => all.sort((a, b) => a - b));

  it.each(Object.entries(ways))('never goes back, and stays within itself: %s', (_how, steps) => {
    const estimate = fc.option(fc.double({ min: 0, max: 1e5, noNaN: true }));
    fc.assert(
      fc.property(times, times, estimate, (sending, waiting, left) => {
        const parts = steps.flatMap((step) => {
          if (step === 'sending') {
            const whole = sending.at(-1)! || 1;
            return sending.map((sent) => progressOf(work({ step, uploadProgress: sent / whole }), T));
          }
          if (step === 'waiting') {
            const known = work({ step, waitingSince: T, statusAt: T, seconds: left });
            return waiting.map((after) => progressOf(known, T + 1000 * after));
          }
          return [progressOf(work({ step }), T)];
        });
        for (const [k, part] of parts.entries()) {
          expect(part).toBeGreaterThanOrEqual(parts[k - 1] ?? 0);
          expect(part).toBeLessThanOrEqual(1);
        }
        expect(parts.at(-1)).toBe(1);
        // Only what is over is full.
        expect(parts.slice(0, -1).every((part) => part < 1)).toBe(true);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('goes on while a photo waits longer than was said', () => {
    const waits = work({ step: 'waiting', waitingSince: T, statusAt: T, seconds: 10 });
    const parts = [0, 5, 10, 20, 40, 80].map((after) => progressOf(waits, T + 1000 * after));
    for (const [k, part] of parts.entries()) expect(part).toBeGreaterThan(parts[k - 1] ?? 0);
  });

  it('goes further the less is left', () => {
    const waited = (left: number | null) =>
      progressOf(work({ step: 'waiting', waitingSince: T - 10_000, statusAt: T, seconds: left }), T);
    expect(waited(1)).toBeGreaterThan(waited(10));
    expect(waited(10)).toBeGreaterThan(waited(100));
    expect(waited(null)).toBeGreaterThan(0.3);
  });

  it('is full when there is nothing more to come', () => {
    expect([progressOf(work({ step: 'succeeded' }), T), progressOf(work({ step: 'failed' }), T)]).toEqual([
      1, 1,
    ]);
    expect(isPending(work({ step: 'waiting' }))).toBe(true);
    expect([isPending(work({ step: 'succeeded' })), isPending(work({ step: 'failed' }))]).toEqual([
      false,
      false,
    ]);
  });

  it.each([
    [null, 0, null],
    [10, 0, 10],
    [10, 4, 6],
    [10, 9.5, 1],
    [10, 60, 1],
  ])('says of %s s, said %s s ago, that %s are left', (said, ago, left) => {
    expect(secondsLeft(work({ seconds: said, statusAt: T - 1000 * ago }), T)).toBe(left);
  });
});

describe('the type of a file', () => {
  it.each([
    ['Oma.jpg', 'image/jpeg', 'image/jpeg'],
    ['Oma', 'image/png', 'image/png'],
    ['Oma.jpg', 'image/webp', 'image/webp'],
    ['Oma.tif', '', 'image/tiff'],
    ['Oma.TIFF', '', 'image/tiff'],
    ['Oma.JPG', '', 'image/jpeg'],
    ['Oma.jpeg', '', 'image/jpeg'],
    ['Oma.jfif', '', 'image/jpeg'],
    ['Oma.1945.png', '', 'image/png'],
    ['Oma.webp', '', 'image/webp'],
    ['jpg', '', 'image/jpeg'],
    ['Oma.gif', 'image/gif', undefined],
    ['Oma.jpg', 'image/gif', undefined],
    ['Oma.jpg', 'text/html', undefined],
    ['Oma.heic', '', undefined],
    ['Oma', '', undefined],
    ['Oma.jpg.', '', undefined],
    ['', '', undefined],
    // What every object has.
    ['constructor', '', undefined],
    ['Oma.constructor', '', undefined],
    ['Oma.__proto__', '', undefined],
  ])('of "%s" that the browser takes for "%s" is %s', (name, type, wanted) => {
    expect(typeOf(file(name, type))).toBe(wanted);
  });

  it('is one that the service takes, of every photo', () => {
    for (const type of PHOTO_TYPES) expect(typeOf(file('x', type))).toBe(type);
  });
});

describe('the name of a result', () => {
  it.each([
    ['Oma.jpg', 'image/jpeg', 'Oma.jpg'],
    ['Oma.JPEG', 'image/jpeg', 'Oma.JPEG'],
    ['Oma.jfif', 'image/jpeg', 'Oma.jfif'],
    ['Oma.tiff', 'image/tiff', 'Oma.tiff'],
    ['Oma.tif', 'image/png', 'Oma.png'],
    ['Oma.TIF', 'image/jpeg', 'Oma.jpg'],
    ['Oma 1.2.webp', 'image/png', 'Oma 1.2.png'],
    ['Oma', 'image/png', 'Oma.png'],
    ['.jpg', 'image/jpeg', '.jpg.jpg'],
    ['Oma.jpg', 'image/avif', 'Oma.jpg'],
    ['Oma.jpg', '', 'Oma.jpg'],
    ['照片.png', 'image/jpeg', '照片.jpg'],
    ['scan.1945', 'image/jpeg', 'scan.1945.jpg'],
  ])('of %s as %s is %s', (name, type, wanted) => {
    expect(resultName(work({ file: file(name) }), type)).toBe(wanted);
  });
});

describe('names in an archive', () => {
  it.each<[string[], string[]]>([
    [[], []],
    [
      ['a.jpg', 'b.jpg'],
      ['a.jpg', 'b.jpg'],
    ],
    [
      ['a.jpg', 'a.jpg', 'a.jpg'],
      ['a.jpg', 'a (2).jpg', 'a (3).jpg'],
    ],
    [
      ['a (2).jpg', 'a.jpg', 'a.jpg'],
      ['a (2).jpg', 'a.jpg', 'a (3).jpg'],
    ],
    [
      ['a.jpg', 'a.jpg', 'a (2).jpg'],
      ['a.jpg', 'a (2).jpg', 'a (2) (2).jpg'],
    ],
    [
      ['a.jpg', 'A.JPG'],
      ['a.jpg', 'A (2).JPG'],
    ],
    [
      ['a', 'a', '.a', '.a'],
      ['a', 'a (2)', '.a', '.a (2)'],
    ],
    [
      ['照片.png', '照片.png'],
      ['照片.png', '照片 (2).png'],
    ],
  ])('%j become %j', (names, wanted) => expect(uniqueNames(names)).toEqual(wanted));

  it('are as many as before, in their order, no two the same even where letters` case is not told apart', () => {
    const name = fc.tuple(fc.constantFrom('a', 'A', 'a (2)', 'b'), fc.constantFrom('', '.jpg', '.JPG'));
    fc.assert(
      fc.property(
        fc.array(
          name.map((parts) => parts.join('')),
          { maxLength: 30 },
        ),
        (names) => {
          const made = uniqueNames(names);
          expect(made).toHaveLength(names.length);
          const lower = made.map((one) => one.toLowerCase());
          expect(new Set(lower).size).toBe(names.length);
          for (const [k, name] of names.entries()) {
            expect(made[k]!.startsWith(name.split('.')[0]!), `${name} as ${made[k]}`).toBe(true);
            // Only a name that is taken is changed.
            const taken = lower.slice(0, k).includes(name.toLowerCase());
            expect(made[k] === name, `${name} as ${made[k]}`).toBe(!taken);
          }
        },
      ),
      { seed: 1, numRuns: 300 },
    );
  });
});

describe('a token is for a client', () => {
  const token = (claims: unknown) =>
    ['{"alg":"RS256"}', JSON.stringify(claims), 'signature']
      .map((part) => Buffer.from(part).toString('base64url'))
      .join('.');

  it.each<[how: string, text: string | undefined, wanted: boolean]>([
    ['its audience', token({ aud: 'page' }), true],
    ['one of its audiences', token({ aud: ['other', 'page'] }), true],
    ['its client, for want of an audience', token({ client_id: 'page' }), true],
    ['both', token({ aud: 'page', client_id: 'other' }), true],
    ['its client, but not its audience', token({ aud: 'other', client_id: 'page' }), false],
    ['its client, but none of its audiences', token({ aud: [], client_id: 'page' }), false],
    ['another audience', token({ aud: 'pages' }), false],
    ['neither', token({ sub: 'page' }), false],
    ['no object', token(null), false],
    ['a number', token(7), false],
    ['beyond ASCII', token({ aud: 'page', name: 'Jürgen 照片' }), true],
    ['with what base64url has of its own', token({ aud: 'page', x: '???>>>~~~' }), true],
    ['opaque', 'opaque', false],
    ['two parts, of which the second is nothing', 'e30.', false],
    ['not base64', 'a.!!!.c', false],
    ['not JSON', `a.${Buffer.from('{').toString('base64url')}.c`, false],
    ['empty', '', false],
    ['absent', undefined, false],
  ])('%s', (_how, text, wanted) => expect(isFor(text, 'page')).toBe(wanted));
});
