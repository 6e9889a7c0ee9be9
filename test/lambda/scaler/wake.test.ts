/** A run that a photo starts, where the fleet is at zero. */
import { describe, expect, it } from 'vitest';
import type { View } from '../../../contract/view.ts';
import { AT_WORK_SECONDS, isPhoto, Waker } from '../../../lambda/scaler/wake.ts';

const event = (key: string, more: object = {}) => ({
  source: 'aws.s3',
  'detail-type': 'Object Created',
  time: '2026-11-28T10:00:00Z',
  detail: { bucket: { name: 'photos' }, object: { key, size: 5, etag: 'e' } },
  ...more,
});

it.each<[string, object, boolean]>([
  ['a new photo', event('incoming/Oma (1931).jpg'), true],
  ['a folder', event('incoming/album/'), false],
  ['a deleted photo', event('incoming/a.jpg', { 'detail-type': 'Object Deleted' }), false],
  [
    'a photo of another bucket',
    event('incoming/a.jpg', { detail: { bucket: { name: 'other' }, object: { key: 'incoming/a.jpg' } } }),
    false,
  ],
  ['an event of another service', { ...event('incoming/a.jpg'), source: 'aws.ec2' }, false],
  ['the schedule', { scheduledTime: '2026-11-28T10:00:00Z' }, false],
])('%s: is it a photo? %#', (_name, given, expected) => expect(isPhoto(given, 'photos')).toBe(expected));

describe('wake', () => {
  const zero: View = {
    ...{ at: 100, tickSeconds: 30, visible: 0, inFlight: 0, inService: 0, coming: [] },
    ...{ arrivalsPerSecond: 0, serviceSeconds: 6, bootSeconds: 90, history: [] },
  };

  /** @param held of each run */
  async function play(views: (View | undefined)[], held: boolean[] = [true], leaseUntil?: number) {
    const calls: string[] = [];
    const waker = new Waker({
      glance: async () => ({ view: views[calls.filter((call) => call === 'pause').length], leaseUntil }),
      now: () => 101,
      pause: async () => void calls.push('pause'),
    });
    await waker.wake(async () => {
      calls.push('run');
      return held[calls.filter((call) => call === 'run').length - 1] ?? false;
    });
    return calls;
  }

  it('starts a run where the last tick left nothing', async () =>
    expect(await play([zero])).toEqual(['run']));

  it.each<[string, View | undefined]>([
    ['has an instance in service', { ...zero, inService: 1 }],
    ['has one on its way', { ...zero, coming: [{ count: 1, readyAt: 190 }] }],
    ['has photos waiting, which an operator or a budget may hold', { ...zero, visible: 3 }],
    ['has one in flight', { ...zero, inFlight: 1 }],
    ['is not known', undefined],
  ])('starts none where the fleet %s', async (_name, view) => expect(await play([view])).toEqual([]));

  it('tries again while a tick has the lease: that one may have read the queue before the photo was there', async () => {
    expect(await play([zero, zero], [false, true])).toEqual(['run', 'pause', 'run']);
    expect(await play([zero, zero, zero], [])).toEqual(['run', 'pause', 'run', 'pause', 'run']);
  });

  it('waits without a try to take the lease while another run holds it', async () => {
    expect(await play([zero, zero, zero], [true], 102)).toEqual(['pause', 'pause']);
    expect(await play([zero], [true], 100)).toEqual(['run']);
  });

  it('and stops as soon as that tick has requested an instance', async () => {
    const woken = { ...zero, coming: [{ count: 1, readyAt: 190 }] };
    expect(await play([zero, woken], [false, true])).toEqual(['run', 'pause']);
  });

  it('reads a fleet at work each two seconds at most, and a fleet at zero for each photo', async () => {
    let [now, reads, runs] = [101, 0, 0];
    let last: View = { ...zero, inService: 1 };
    const waker = new Waker({
      glance: async () => (reads++, { view: last }),
      now: () => now,
      pause: () => Promise.resolve(),
    });
    const photo = () => waker.wake(async () => ++runs > 0);
    for (let k = 0; k < 1000; k++, now += 0.001) await photo();
    expect([reads, runs]).toEqual([1, 0]);
    last = zero;
    now = 101 + AT_WORK_SECONDS;
    for (let k = 0; k < 2; k++) await photo();
    expect([reads, runs]).toEqual([3, 2]);
  });
});
