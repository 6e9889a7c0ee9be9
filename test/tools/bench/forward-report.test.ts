/** What the measuring program writes becomes tables; a failed measurement stays visible. */
import { describe, expect, it } from 'vitest';
import { reportLines, reportSchema } from '../../../tools/bench/forward-report.ts';

const DEVICE = { name: 'A GPU', torch: '2.11.0', capability: '7.5', driver: '1' };
const VARIANT = { size: 'tiny', network: 'lean', precision: 'float16', batch: 4 };
const TIMED = {
  ...VARIANT,
  channelsLast: true,
  mode: 'graph',
  medianSeconds: 0.008,
  minSeconds: 0.0079,
  maxSeconds: 0.0082,
  secondsPerPhoto: 0.002,
  peakMiB: 700,
};
const lines = (parts: object) =>
  reportLines(reportSchema.parse({ weights: 'random', device: DEVICE, ...parts }));

describe('the report of forward passes', () => {
  it('names the device, and says that weights are random', () => {
    expect(lines({})).toEqual(['', 'A GPU, compute capability 7.5, torch 2.11.0; random weights']);
  });

  it('has milliseconds by batch and photo, their spread and memory', () => {
    const row = lines({ forward: [TIMED] }).at(-1)!;
    expect(row.split(/\s{2,}/)).toEqual([
      'tiny lean',
      'float16',
      'channels_last',
      'graph',
      '4',
      '8.00',
      '0.30',
      '2.00',
      '700',
    ]);
  });

  it('says what compiling took', () => {
    const entry = { ...TIMED, channelsLast: undefined, mode: 'default', compileSeconds: 41.6 };
    expect(lines({ compile: [entry] }).at(-1)).toContain('compiled (default, 42 s)');
  });

  it('has differences to float32, and says where values are not finite', () => {
    const figures = { abMax: 0.25, abMean: 0.02, ciede2000Mean: 0.03, ciede2000P99: 0.11 };
    const right = { ...VARIANT, finite: true, ...figures, pixelsThatRoundOtherwise: 0.0375 };
    const found = lines({ precision: [right, { ...VARIANT, finite: false }] });
    expect(found.at(-2)).toMatch(/0\.2500 +0\.0200 +0\.030 +0\.110 +3\.75 %$/);
    expect(found.at(-1)).toMatch(/not finite$/);
  });

  it('shows the error of a measurement that failed', () => {
    expect(lines({ forward: [{ ...VARIANT, mode: 'graph', error: 'out of memory' }] }).at(-1)).toContain(
      'out of memory',
    );
  });
});
