import { expect, it } from 'vitest';
import { ratioLosses } from '../../../tools/bench/beside-network.ts';

const ratios = (single: number, batch8: number) => ({
  ratios: { single, batch8, wallSingle: 1, wallBatch8: 1 },
});

it('fails where a ratio is more than a tenth above the one that is checked in', () => {
  const before = ratios(0.3, 0.13);
  expect(ratioLosses(ratios(0.32, 0.14), before)).toEqual([]);
  expect(ratioLosses(ratios(0.2, 0.1), before)).toEqual([]);
  expect(ratioLosses(ratios(0.34, 0.15), before)).toEqual([
    expect.stringMatching(/^single: 0\.340 of version 0\.2\.0's CPU seconds, 0\.300 in .*comfyui\.json$/),
    expect.stringMatching(/^batch8: 0\.150 .* 0\.130 in /),
  ]);
});
