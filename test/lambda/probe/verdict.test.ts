/** What a probe photo proves: a failure only where the stage should have coloured it. */
import { describe, expect, it } from 'vitest';
import { STOPS } from '../../../contract/view.ts';
import { reasonNotToSend, verdictOn, type Found, type StageState } from '../../../lambda/probe/verdict.ts';

const NOW = 1_780_000_000;
type View = NonNullable<StageState['view']>;
const stage = (more: Partial<View> = {}, hasImage = true): StageState => ({
  view: { at: NOW - 30, tickSeconds: 30, inService: 0, coming: [], ...more },
  hasImage,
});
const awake = { inService: 1 };
const boots = { coming: [{ count: 1, readyAt: NOW + 60 }] };
const noView: StageState = { view: undefined, hasImage: true };

describe('a photo is sent', () => {
  it.each<[string, StageState, string | undefined]>([
    ['to a fleet at rest', stage(), undefined],
    ['before the scaler’s first tick', noView, undefined],
    ...STOPS.map((stopped): [string, StageState, string] => [
      `not to one at rest: ${stopped}`,
      stage({ stopped }),
      stopped,
    ]),
    ...STOPS.map((stopped): [string, StageState, undefined] => [
      `to instances at work: ${stopped}`,
      stage({ ...awake, stopped }),
      undefined,
    ]),
    ['to one that boots', stage({ ...boots, stopped: 'paused' }), undefined],
    ['not without an image', stage({}, false), 'no-image'],
    ['without an image, to instances at work', stage(awake, false), undefined],
    ['not without an image and a tick', { view: undefined, hasImage: false }, 'no-image'],
    // The scaler stands still: whether it is paused is not known, and a user’s photo would wait.
    ['where the pause is of long ago', stage({ at: NOW - 301, stopped: 'paused' }), undefined],
    ['not where the pause is of the last ticks', stage({ at: NOW - 300, stopped: 'paused' }), 'paused'],
    ['not without an image, where the fleet is of long ago', stage({ ...awake, at: 0 }, false), 'no-image'],
  ])('%s', (_where, state, reason) => expect(reasonNotToSend(state, NOW)).toBe(reason));
});

describe('a photo', () => {
  const found = (more: Partial<Found> = {}): Found => ({
    photo: true,
    result: false,
    failure: undefined,
    ...more,
  });
  it.each<[string, Found, StageState, 0 | 1 | undefined, string]>([
    ['with a result', found({ result: true }), stage(), 0, 'succeeded'],
    ['with a result in a pause', found({ result: true }), stage({ stopped: 'paused' }), 0, 'succeeded'],
    ['that was deleted after its result', found({ photo: false, result: true }), stage(), 0, 'succeeded'],
    ['of which a result replaces the record', found({ result: true, failure: 'x' }), stage(), 0, 'succeeded'],
    ['that failed', found({ failure: 'retries-exhausted' }), stage(), 1, 'retries-exhausted'],
    ['that failed before a pause', found({ failure: 'x' }), stage({ stopped: 'paused' }), 1, 'x'],
    ['without an outcome', found(), stage(), 1, 'no-outcome'],
    ['without an outcome or a scaler', found(), noView, 1, 'no-outcome'],
    ['without an outcome, at instances at work', found(), stage(awake), 1, 'no-outcome'],
    ['that a pause has caught', found(), stage({ stopped: 'paused' }), undefined, 'paused'],
    ['that a pause of long ago has not', found(), stage({ at: 0, stopped: 'paused' }), 1, 'no-outcome'],
    ['whose image was taken away', found(), stage({}, false), undefined, 'no-image'],
    ['that was not sent, or deleted', found({ photo: false }), stage(), undefined, 'not-sent'],
  ])('%s', (_what, given, state, failed, reason) =>
    expect(verdictOn(given, state, NOW)).toEqual({ failed, reason }),
  );
});
