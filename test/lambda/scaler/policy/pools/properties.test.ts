/** What holds for the split after any sequence of ticks. `npm run test:full` runs a million sequences, not a hundred. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UNAVAILABLE_SECONDS } from '../../../../../lambda/scaler/policy/pools/refusals.ts';
import { TwoGroups, type Step } from './model.ts';

const SEQUENCES = Number(process.env.SEQUENCES ?? 150);
const options = { seed: 26, numRuns: SEQUENCES };
/** A million sequences take hours. */
const slow = { timeout: 24 * 3_600_000 };

const gives = fc.record({ spot: fc.boolean(), onDemand: fc.boolean() });
const mostlyGives = fc.oneof(
  { weight: 3, arbitrary: fc.constant({ spot: true, onDemand: true }) },
  { weight: 2, arbitrary: gives },
);
const step = fc.record({
  after: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(5, 15, 30, 60) },
    { weight: 1, arbitrary: fc.constantFrom(0, 600) },
  ),
  total: fc.integer({ min: 0, max: 12 }),
  gives: mostlyGives,
  booted: fc.integer({ min: 0, max: 12 }),
  interrupted: fc.constantFrom(0, 0, 0, 1, 5),
  isBurst: fc.boolean(),
  canOverlap: fc.boolean(),
  max: fc.integer({ min: 12, max: 16 }),
});
const settings = fc.record({
  spotPriceShare: fc.constantFrom(0.2, 0.5, 0.9, 1, 1.5),
  fastTier: fc.integer({ min: 0, max: 8 }),
  bootSeconds: fc.constantFrom(30, 120, 600),
});
const steps = fc.array(step, { minLength: 1, maxLength: 20 });

describe('the split between the pools', () => {
  it(
    'has as many instances as are needed, beyond them only those of a hand-over, and never more than the limit',
    slow,
    () => {
      const property = fc.property(settings, steps, (set, sequence) => {
        const groups = new TwoGroups(set);
        for (const one of sequence) {
          const { plan } = groups.step(one);
          const { handover } = plan.memory;
          const sum = plan.spot + plan.onDemand;
          const coming = Math.max(0, plan.spot - groups.spot.inService);
          const holds =
            sum - handover === one.total &&
            sum <= one.max &&
            // Each hand-over has an on-demand instance that works and a Spot instance that does not yet.
            handover <= Math.min(plan.onDemand, coming) &&
            Math.min(plan.spot, plan.onDemand, handover) >= 0;
          if (!holds) expect({ ...plan, coming }).toBe(one);
        }
      });
      fc.assert(property, options);
    },
  );

  it('keeps what is in service while it is needed', slow, () => {
    const property = fc.property(settings, steps, (set, sequence) => {
      const groups = new TwoGroups(set);
      for (const one of sequence) {
        const { plan, spot, onDemand } = groups.step(one);
        const before = spot.inService + onDemand.inService;
        const after = Math.min(plan.spot, spot.inService) + Math.min(plan.onDemand, onDemand.inService);
        if (after < Math.min(before, one.total)) expect({ after, before }).toBe(one);
      }
    });
    fc.assert(property, options);
  });

  it(
    'is at rest once need and markets are: all on Spot where it gives instances, and no instance moves twice',
    slow,
    () => {
      const property = fc.property(
        steps,
        fc.integer({ min: 0, max: 12 }),
        fc.boolean(),
        (sequence, total, spot) => {
          const groups = new TwoGroups();
          for (const one of sequence) groups.step(one);
          const rest: Step = { after: 30, total, gives: { spot, onDemand: true }, max: 14 };
          const sizes: { spot: number; onDemand: number }[] = [];
          for (let k = 0; k < 80; k++) {
            const { plan } = groups.step(rest);
            sizes.push({ spot: plan.spot, onDemand: plan.onDemand });
          }
          if (spot) {
            expect(sizes.slice(-10)).toEqual(
              Array.from({ length: 10 }, () => ({ spot: total, onDemand: 0 })),
            );
            // From when the last refusal has expired on, the way is one way.
            const settled = sizes.slice(Math.ceil(UNAVAILABLE_SECONDS / 30) + 2);
            for (const [k, now] of settled.slice(1).entries()) {
              expect(now.onDemand).toBeLessThanOrEqual(settled[k]?.onDemand ?? 0);
            }
            return;
          }
          // Without Spot it is tried with one instance, once in each time for which a refusal is remembered.
          const tries = sizes.slice(20).filter((now, k, all) => now.spot > (all[k - 1]?.spot ?? Infinity));
          expect(tries.length).toBeLessThanOrEqual((60 * 30) / UNAVAILABLE_SECONDS);
          for (const now of sizes.slice(20)) expect(now.spot + now.onDemand).toBeLessThanOrEqual(total + 1);
        },
      );
      fc.assert(property, { ...options, numRuns: Math.ceil(SEQUENCES / 5) });
    },
  );

  it('decides the same at a second tick of the same instant', slow, () => {
    const property = fc.property(settings, steps, (set, sequence) => {
      const groups = new TwoGroups(set);
      for (const one of sequence) {
        const { plan } = groups.step(one);
        const { plan: again } = groups.step({ ...one, after: 0 });
        expect({ spot: again.spot, onDemand: again.onDemand }).toEqual({
          spot: plan.spot,
          onDemand: plan.onDemand,
        });
      }
    });
    fc.assert(property, options);
  });
});
