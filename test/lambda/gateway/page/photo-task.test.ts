/** Progress, file types and result names of a photo on the page. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PHOTO_TYPES } from '../../../../contract/photo-types.ts';
import {
  isPending,
  newTask,
  progressOf,
  resultName,
  secondsLeft,
  secondsToDeadline,
  typeOf,
  type PhotoTask,
  type Step,
} from '../../../../lambda/gateway/page/photo-task.ts';

const file = (name: string, type = '') => new File(['x'], name, { type });
const taskWith = (fields: Partial<PhotoTask> = {}): PhotoTask => ({
  ...newTask(file('Oma.jpg', 'image/jpeg'), true),
  ...fields,
});

describe('progress', () => {
  const T = 1_780_316_400_000;
  const stepsOf: Record<string, Step[]> = {
    'with the original kept': [
      'queued',
      'preparing',
      'uploading',
      'waiting',
      'downloading',
      'merging',
      'succeeded',
    ],
    'on the server': ['queued', 'uploading', 'waiting', 'downloading', 'succeeded'],
  };
  const seconds = fc.double({ min: 0, max: 1e5, noNaN: true });
  const times = fc.array(seconds, { minLength: 1, maxLength: 12 }).map((all) => all.sort((a, b) => a - b));

  it.each(Object.entries(stepsOf))('never decreases and stays below 1 until the end: %s', (_case, steps) => {
    const estimate = fc.option(fc.double({ min: 0, max: 1e5, noNaN: true }));
    fc.assert(
      fc.property(times, times, estimate, (uploading, waiting, left) => {
        const parts = steps.flatMap((step) => {
          if (step === 'uploading') {
            const whole = uploading.at(-1)! || 1;
            return uploading.map((sent) => progressOf(taskWith({ step, uploadProgress: sent / whole }), T));
          }
          if (step === 'waiting') {
            const known = taskWith({ step, waitingSince: T, statusAt: T, seconds: left });
            return waiting.map((after) => progressOf(known, T + 1000 * after));
          }
          return [progressOf(taskWith({ step }), T)];
        });
        for (const [k, part] of parts.entries()) {
          expect(part).toBeGreaterThanOrEqual(parts[k - 1] ?? 0);
          expect(part).toBeLessThanOrEqual(1);
        }
        expect(parts.at(-1)).toBe(1);
        expect(parts.slice(0, -1).every((part) => part < 1)).toBe(true);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('grows while a photo waits longer than estimated', () => {
    const waits = taskWith({ step: 'waiting', waitingSince: T, statusAt: T, seconds: 10 });
    const parts = [0, 5, 10, 20, 40, 80].map((after) => progressOf(waits, T + 1000 * after));
    for (const [k, part] of parts.entries()) expect(part).toBeGreaterThan(parts[k - 1] ?? 0);
  });

  it('is greater the less time is left', () => {
    const waited = (left: number | null) =>
      progressOf(taskWith({ step: 'waiting', waitingSince: T - 10_000, statusAt: T, seconds: left }), T);
    expect(waited(1)).toBeGreaterThan(waited(10));
    expect(waited(10)).toBeGreaterThan(waited(100));
    expect(waited(null)).toBeGreaterThan(0.3);
  });

  it('is 1 when the photo succeeded or failed', () => {
    expect([
      progressOf(taskWith({ step: 'succeeded' }), T),
      progressOf(taskWith({ step: 'failed' }), T),
    ]).toEqual([1, 1]);
    expect(isPending(taskWith({ step: 'waiting' }))).toBe(true);
    expect([isPending(taskWith({ step: 'succeeded' })), isPending(taskWith({ step: 'failed' }))]).toEqual([
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
  ])('an estimate of %s s from %s s ago leaves %s s', (seconds, ago, left) => {
    expect(secondsLeft(taskWith({ seconds, statusAt: T - 1000 * ago }), T)).toBe(left);
  });
});

describe('the deadline of a bulk photo', () => {
  const T = 1_780_316_400_000;

  it.each([
    ['bulk', 3600, 0, 3600],
    ['bulk', 3600, 600, 3000],
    ['bulk', 10, 60, -50],
    ['bulk', null, 0, null],
    // An estimate, and no promise.
    ['interactive', 3600, 0, null],
  ] as const)('lane %s, %s s at most, from %s s ago: %s s', (lane, secondsAtMost, ago, left) => {
    expect(secondsToDeadline(taskWith({ lane, secondsAtMost, statusAt: T - 1000 * ago }), T)).toBe(left);
  });

  it('is what progress expects, where there is no estimate', () => {
    const at = (fields: Partial<PhotoTask>) =>
      progressOf(taskWith({ step: 'waiting', waitingSince: T - 60_000, statusAt: T, ...fields }), T);
    const bulk = { lane: 'bulk', secondsAtMost: 3540 } as const;
    expect(at(bulk)).toBe(at({ seconds: 3540 }));
    expect(at({ ...bulk, seconds: 20 })).toBe(at({ seconds: 20 }));
    expect(at({ secondsAtMost: 3540 })).toBe(at({ seconds: 60 }));
  });
});

it('keeps the order of photos that are added together', () => {
  const times = Array.from({ length: 50 }, () => newTask(file('Oma.jpg', 'image/jpeg'), true).addedAt);
  expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
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
    ['constructor', '', undefined],
    ['Oma.constructor', '', undefined],
    ['Oma.__proto__', '', undefined],
  ])('of "%s" with browser type "%s" is %s', (name, type, expected) => {
    expect(typeOf(file(name, type))).toBe(expected);
  });

  it('is the browser type for every type of the API', () => {
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
    ['Oma.jpg', 'image/gif', 'Oma.jpg'],
    ['Oma.jpg', 'image/avif', 'Oma.avif'],
    ['Oma.jpg', '', 'Oma.jpg'],
    ['照片.png', 'image/jpeg', '照片.jpg'],
    ['scan.1945', 'image/jpeg', 'scan.1945.jpg'],
  ])('of %s as %s is %s', (name, type, expected) => {
    expect(resultName(taskWith({ name }), type)).toBe(expected);
  });
});
