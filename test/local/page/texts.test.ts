/** Texts of the live page. */
import { describe, expect, it } from 'vitest';
// The page's scripts are plain JavaScript for browsers; what they take is RunState.
// @ts-expect-error: no declarations
import * as texts from '../../../local/page/texts.js';
import { REASONS } from '../../../lambda/scaler/policy.ts';

const { reasonInWords, seconds, summary } = texts as {
  reasonInWords: (decision: object) => string;
  seconds: (value: number) => string;
  summary: (state: object) => { name: string; value: string; note?: string }[];
};
const decision = { desired: 3, visible: 10, inFlight: 2, inService: 2, pending: 1, need: 4, min: 0, max: 5 };

describe('reasonInWords', () => {
  it.each(REASONS.map((reason) => [reason]))('has words for %s', (reason) => {
    expect(reasonInWords({ ...decision, reason })).toMatch(/\w{2,}/);
    expect(reasonInWords({ ...decision, reason })).not.toMatch(/undefined|null|NaN/);
  });

  it('does not make up what a blind tick did not see', () => {
    const blind = {
      reason: 'blind',
      desired: null,
      visible: null,
      inFlight: null,
      inService: null,
      pending: null,
    };
    expect(reasonInWords(blind)).toBe('could not see the fleet: holds');
    expect(reasonInWords({ ...blind, inService: 2, pending: 0 })).toBe('could not see the queue: holds');
  });
});

it.each([
  [0.4, '0 s'],
  [99, '99 s'],
  [119.7, '2 min 00 s'],
  [125, '2 min 05 s'],
])('writes %d as %s', (value, text) => expect(seconds(value)).toBe(text));

describe('summary', () => {
  const photos = { submitted: 4, coloured: 3, failed: 1, lost: 0 };
  const waits = [1, 2, 3, 30].map((value) => ({ seconds: value }));

  it('has the figures of the run', () => {
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
      '95 % wait': '30 s',
    });
  });

  it('claims nothing before anything is known, and shows what was lost', () => {
    const tiles = summary({ photos: { ...photos, lost: 2 }, timeline: [], waits: [] });
    expect(tiles.find(({ name }) => name === 'waiting')?.value).toBe('-');
    expect(tiles.find(({ name }) => name === 'mean wait')?.value).toBe('-');
    expect(tiles.find(({ name }) => name === 'lost')?.value).toBe('2');
  });
});
