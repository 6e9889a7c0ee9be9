/** What the pace of the ticks costs: of a fleet that works, and of one that sleeps. */
import { describe, expect, it } from 'vitest';
import { costOf, type Cost } from '../../../cli/cost/cost-of.ts';
import { resolveStage, type StageConfig } from '../../../lib/stage/stage.ts';

const stage = (config: StageConfig = {}) => resolveStage('own', config);
const line = ({ idle }: Cost, what: string) => idle.lines.find((one) => one.what === what)?.usd;

describe('the cost of an idle scaler', () => {
  it('is not above that of a stage with a tick a minute, apart from its instances', () => {
    const minute = costOf(stage({ minCapacity: 1, tickSeconds: 60 }));
    const asleep = costOf(stage({ tickSeconds: 15 })).idle.total;
    expect(asleep).toBeLessThanOrEqual(minute.idle.total - line(minute, 'instances, minimum')!);
  });

  it('depends on the time between two ticks', () => {
    const [often, seldom] = [15, 30].map((tickSeconds) => costOf(stage({ minCapacity: 1, tickSeconds })));
    // With polls between its ticks each run lasts 55 s; nine writes instead of five.
    expect(line(seldom!, 'scaler, function')).toBe(7.93);
    expect(line(often!, 'scaler, function')).toBe(7.93);
    // Two ticks and ten polls a minute, of three queues and two.
    expect(line(seldom!, 'scaler, queue')).toBe(0.45);
    expect(line(often!, 'scaler, table')! / line(seldom!, 'scaler, table')!).toBeCloseTo(9 / 5, 2);
  });
});
