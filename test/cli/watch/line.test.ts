/** The line of `watch`. */
import { expect, it } from 'vitest';
import { statusLine } from '../../../cli/watch/line.ts';
import { NOW } from '../support/memory.ts';
import { parts } from '../support/status.ts';

it('shows every part', () => {
  expect(statusLine(parts(), NOW)).toEqual({
    time: '10:00:00',
    text: 'waiting 12, in flight 3, dead letters 2  fleet 3 of 5 in service, 2 pending, 1 draining  tick 09:59:56 scale-out  controls pauseScaleIn  alarms 1 ddcolor-elastic-dev-dead-letters',
  });
});

it('changes with the scaler’s decisions and their staleness, not with time', () => {
  expect(statusLine(parts(), NOW + 1).text).toBe(statusLine(parts(), NOW).text);
  expect(statusLine(parts(), NOW + 300).text).toContain('scale-out (OLD)');
});
