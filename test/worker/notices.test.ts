/** Notices: what in the instance metadata stops a worker. */
import { describe, expect, it } from 'vitest';
import { Notices, SPOT_NOTICE, TARGET_STATE, type ReadMetadata } from '../../worker/instance/notices.ts';
import { memoryLog } from './support/memory.ts';

describe('notices', () => {
  const reading =
    (values: Record<string, string | undefined>): ReadMetadata =>
    (path) =>
      Promise.resolve(values[path]);

  it.each([
    ['the group terminates the instance', { [TARGET_STATE]: 'Terminated' }, true],
    [
      'EC2 reclaims the Spot instance',
      { [SPOT_NOTICE]: '{"action":"terminate","time":"2026-11-23T18:00:00Z"}' },
      true,
    ],
    ['it is in service', { [TARGET_STATE]: 'InService' }, false],
    ['there was no transition yet', {}, false],
  ])('when %s', async (_name, values, stops) => {
    const notices = new Notices(reading(values), memoryLog());
    await notices.look();
    expect(notices.stop.aborted).toBe(stops);
  });

  it.each([
    ['in service', 'InService', 1],
    ['that is still launched', undefined, 0],
    ['that the group terminates already', 'Terminated', 0],
  ])('of Spot have an instance %s replaced, once', async (_state, state, times) => {
    let replaced = 0;
    const notice = '{"action":"terminate","time":"2026-11-23T18:00:00Z"}';
    const log = memoryLog();
    const notices = new Notices(reading({ [TARGET_STATE]: state, [SPOT_NOTICE]: notice }), log, async () => {
      replaced++;
      throw new Error('throttled');
    });
    await notices.look();
    await notices.look();
    expect(replaced).toBe(times);
    expect(notices.stop.aborted).toBe(true);
    expect(log.of('replacement-not-requested')).toHaveLength(times);
  });

  it('that cannot be read change nothing, and are logged once', async () => {
    const log = memoryLog();
    const notices = new Notices(() => Promise.reject(new Error('silent')), log);
    await notices.look();
    await notices.look();
    expect(notices.stop.aborted).toBe(false);
    expect(log.of('metadata-not-read')).toHaveLength(1);
  });

  it.each([
    ['on its way into the pool', [undefined, 'Warmed:Stopped'], { isParked: true, leaves: false }],
    ['that resumes', ['InService'], { isParked: false, leaves: false }],
    ['that returns to the pool', ['InService', 'Warmed:Stopped'], { isParked: true, leaves: true }],
    ['that is terminated', ['InService', 'Terminated'], { isParked: false, leaves: true }],
    [
      'that is terminated in the pool',
      ['Warmed:Stopped', 'Warmed:Terminated'],
      { isParked: true, leaves: false },
    ],
  ])('of an instance %s', async (_what, states, { isParked, leaves }) => {
    const values: Record<string, string | undefined> = {};
    const notices = new Notices(reading(values), memoryLog());
    for (const state of states) {
      values[TARGET_STATE] = state;
      await notices.look();
    }
    // A worker that leaves service has drained, and completes the termination hook.
    expect({ isParked: notices.isParked, leaves: notices.leavesService }).toEqual({ isParked, leaves });
    expect(notices.stop.aborted).toBe(leaves);
  });
});
