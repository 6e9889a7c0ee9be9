/** Texts of the live page. */
import { describe, expect, it } from 'vitest';
// The page's scripts are plain JavaScript for browsers; what they take is RunState.
// @ts-expect-error: no declarations
import * as texts from '../../../local/page/texts.js';
import { REASONS } from '../../../contract/reasons.ts';

const { describeDecision, seconds, stateClass, summary } = texts as {
  stateClass: (state: string) => string;
  describeDecision: (decision: object) => string;
  seconds: (value: number) => string;
  summary: (state: object) => { name: string; value: string; note?: string }[];
};
const decision = {
  desired: 3,
  visible: 10,
  inFlight: 2,
  inService: 2,
  pending: 1,
  needed: 4,
  min: 0,
  max: 5,
};

describe('describeDecision', () => {
  it.each(REASONS.map((reason) => [reason]))('describes %s', (reason) => {
    expect(describeDecision({ ...decision, reason })).toMatch(/\w{2,}/);
    expect(describeDecision({ ...decision, reason })).not.toMatch(/undefined|null|NaN/);
  });

  it('says what a tick could not read', () => {
    const tick = {
      reason: 'metrics-unavailable',
      desired: null,
      visible: null,
      inFlight: null,
      inService: null,
      pending: null,
    };
    expect(describeDecision(tick)).toBe('cannot read the fleet: fleet unchanged');
    expect(describeDecision({ ...tick, inService: 2, pending: 0 })).toBe(
      'cannot read the queue: fleet unchanged',
    );
  });
});

it.each([
  [0.4, '0 s'],
  [99, '99 s'],
  [119.7, '2 min 00 s'],
  [125, '2 min 05 s'],
])('writes %d as %s', (value, text) => expect(seconds(value)).toBe(text));

it.each([
  ['Pending:Wait', 'pending'],
  ['InService', 'in-service'],
  ['Terminating:Wait', 'draining'],
  ['Warmed:Pending:Wait', 'pending'],
  ['Warmed:Stopped', 'stopped'],
  ['Warmed:Terminating:Proceed', 'draining'],
])('the state %s is shown as %s', (state, name) => expect(stateClass(state)).toBe(name));

describe('summary', () => {
  const photos = { submitted: 4, succeeded: 3, failed: 1, lost: 0 };
  const waits = [1, 2, 3, 30].map((value) => ({ seconds: value }));

  it('shows the figures of the run', () => {
    const timeline = [{ visible: 1, inFlight: 2, inService: 3, desired: 4 }];
    const tiles = Object.fromEntries(
      summary({ photos, timeline, waits }).map((tile) => [tile.name, tile.value]),
    );
    expect(tiles).toEqual({
      coloured: '3',
      failed: '1',
      waiting: '1',
      'in service': '3',
      'mean wait': '9.0 s',
      'p95 wait': '30 s',
    });
  });

  it('shows what is on demand and what is stopped, where there is any', () => {
    const timeline = [{ visible: 1, inFlight: 2, inService: 3, desired: 4, onDemand: 2, stopped: 1 }];
    const tiles = summary({ photos, timeline, waits });
    expect(tiles.find(({ name }) => name === 'in service')?.note).toBe('4 desired, 2 on demand');
    expect(tiles.find(({ name }) => name === 'stopped')?.value).toBe('1');
  });

  it('shows a dash for unknown figures, and lost photos only when there are any', () => {
    const tiles = summary({ photos: { ...photos, lost: 2 }, timeline: [], waits: [] });
    expect(tiles.find(({ name }) => name === 'waiting')?.value).toBe('-');
    expect(tiles.find(({ name }) => name === 'mean wait')?.value).toBe('-');
    expect(tiles.find(({ name }) => name === 'lost')?.value).toBe('2');
  });
});
