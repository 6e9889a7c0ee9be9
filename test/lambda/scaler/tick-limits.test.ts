/** Over any sequence of ticks the desired capacity stays within the limits. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { tick } from '../../../lambda/scaler/tick.ts';
import { fakePorts } from './support/fakes.ts';
import { slo } from './support/observations.ts';

it('never sets a capacity beyond the limits, and none that is set already', async () => {
  const count = fc.integer({ min: 0, max: 400 });
  const step = fc.record({
    visible: count,
    inFlight: count,
    seconds: fc.integer({ min: 1, max: 120 }),
    inService: fc.integer({ min: 0, max: 8 }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 20 }),
      fc.integer({ min: 0, max: 3 }),
      async (steps, min) => {
        const own = fakePorts();
        own.fleet.state = { ...own.fleet.state, desired: min, min, max: 8 };
        let at = 1_000_000;
        for (const { visible, inFlight, seconds, inService } of steps) {
          own.counts.counts = { visible, inFlight };
          const { state } = own.fleet;
          state.inService = Math.min(inService, state.desired);
          state.pending = state.desired - state.inService;
          at += seconds;
          const before = state.desired;
          own.calls.length = 0;
          // The fake refuses what is beyond the limits.
          const { errors } = await tick(own, slo, { owner: 'run', now: () => at, tickSeconds: 30 });
          expect(errors).toEqual([]);
          expect(own.calls).not.toContainEqual(['fleet.setDesired', before]);
        }
      },
    ),
    { seed: 20_261_123, numRuns: 60 },
  );
});
