/** Two pools through whole ticks, for any sequence of photos, markets and interruptions. `npm run test:full` runs a million sequences. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Pools } from '../../../contract/pools.ts';
import { UNAVAILABLE_SECONDS } from '../../../lambda/scaler/policy/pools/refusals.ts';
import { tick, type TickResult } from '../../../lambda/scaler/tick.ts';
import { FakePools, KeptMemory } from './support/fake-pools.ts';
import { fakePorts } from './support/fakes.ts';
import { slo } from './support/observations.ts';

const SEQUENCES = Number(process.env.SEQUENCES ?? 40);
/** Of a part of a run over several processes. */
const SEED = Number(process.env.SEED ?? 26);
const options = { seed: SEED, numRuns: SEQUENCES };
/** A million sequences take hours. */
const slow = { timeout: 24 * 3_600_000 };

const MAX = 8;
const POOLS: Pools = {
  onDemandGroupName: 'photos-on-demand',
  ...{ min: 0, max: MAX, spotPriceShare: 0.5, bootSeconds: 100, warmPoolSize: 2 },
  types: ['g4dn.xlarge'],
};

/** A scaler with its fleet of two groups. */
class Scaler {
  readonly fleet = new FakePools({ max: MAX, bootSeconds: 100, stopped: POOLS.warmPoolSize });
  private readonly ports = fakePorts();
  private readonly memory = new KeptMemory();

  /** @param least instances that an operator asks for */
  async tick(visible: number, least = 0): Promise<TickResult> {
    const { ports, fleet, memory } = this;
    ports.counts.counts = { visible, inFlight: 0 };
    const floor = { instances: least, until: fleet.at + 600 };
    memory.state = { ...memory.state, controls: least > 0 ? { floor } : {} };
    ports.calls.length = 0;
    const made = { ...ports, memory, counts: { read: () => ports.counts.read() }, fleet };
    return tick(made, slo, {
      ...{ owner: 'run-1', now: () => fleet.at, tickSeconds: 30 },
      pools: { ...POOLS, fastTier: POOLS.warmPoolSize },
    });
  }

  get handover(): number {
    return this.memory.state.policy.pools?.handover ?? NaN;
  }
  async desired(): Promise<{ spot: number; onDemand: number }> {
    const { pools } = await this.fleet.read();
    return { spot: pools?.spot.desired ?? NaN, onDemand: pools?.onDemand.desired ?? NaN };
  }
}

interface Step {
  after: number;
  visible: number;
  spot: boolean;
  onDemand: boolean;
  interrupted: number;
  least: number;
}
const step: fc.Arbitrary<Step> = fc.record({
  after: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(5, 15, 30) },
    { weight: 1, arbitrary: fc.constantFrom(0, 300) },
  ),
  visible: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 400 })),
  spot: fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.boolean() }),
  onDemand: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.boolean() }),
  interrupted: fc.constantFrom(0, 0, 0, 0, 1, 3),
  least: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 6 })),
});
/** Some last: an instance is handed over after the time of a boot. */
const lasting = fc.tuple(step, fc.constantFrom(1, 1, 1, 7));
const steps = fc
  .array(lasting, { minLength: 1, maxLength: 10 })
  .map((all) => all.flatMap(([one, times]) => Array.from({ length: times }, () => one)));
const REST: Step = { after: 30, visible: 0, spot: true, onDemand: true, interrupted: 0, least: 0 };

async function take(scaler: Scaler, { after, visible, spot, onDemand, interrupted, least }: Step) {
  const { fleet } = scaler;
  fleet.gives = { spot, 'on-demand': onDemand };
  fleet.pass(after, interrupted);
  return scaler.tick(visible, least);
}

describe('a fleet with two pools', () => {
  it('is never beyond the limit, and has no instance of each pool for the same need', slow, async () => {
    const property = fc.asyncProperty(steps, async (sequence) => {
      const scaler = new Scaler();
      for (const one of sequence) {
        const { errors, record } = await take(scaler, one);
        if (errors.length > 0) throw new AggregateError(errors, errors.map(String).join());
        const { pools } = await scaler.fleet.read();
        const { spot, onDemand } = await scaler.desired();
        const { handover } = scaler;
        const coming = spot - Math.min(spot, pools?.spot.inService ?? NaN);
        const holds =
          spot + onDemand <= MAX &&
          // Beyond the need only Spot instances that boot, each in the place of an on-demand one.
          spot + onDemand - handover === record?.desired &&
          handover <= Math.min(onDemand, coming);
        if (!holds) expect({ spot, onDemand, handover, coming }).toBe(record);
      }
    });
    await fc.assert(property, options);
  });

  it('moves one way only once need and markets are at rest', slow, async () => {
    const property = fc.asyncProperty(
      steps,
      fc.integer({ min: 1, max: 6 }),
      fc.boolean(),
      async (sequence, least, spot) => {
        const scaler = new Scaler();
        for (const one of sequence) await take(scaler, one);
        // All that is needed is on demand when Spot returns.
        for (let k = 0; k < 8; k++) await take(scaler, { ...REST, spot: false, least });
        const sizes: { spot: number; onDemand: number; needed: number }[] = [];
        for (let k = 0; k < 60; k++) {
          const { record } = await take(scaler, { ...REST, spot, least });
          sizes.push({ ...(await scaler.desired()), needed: record?.desired ?? NaN });
        }
        if (spot) {
          expect(sizes.at(-1)).toEqual({ spot: least, onDemand: 0, needed: least });
          const settled = sizes.slice(Math.ceil(UNAVAILABLE_SECONDS / 30) + 2);
          for (const [k, now] of settled.slice(1).entries())
            expect(now.onDemand).toBeLessThanOrEqual(settled[k]?.onDemand ?? 0);
          return;
        }
        // Without Spot it is tried with one instance, once in each time for which a refusal is remembered.
        const settled = sizes.slice(20);
        const tries = settled.filter((now, k) => now.spot > (settled[k - 1]?.spot ?? Infinity));
        expect(tries.length).toBeLessThanOrEqual(Math.ceil((settled.length * 30) / UNAVAILABLE_SECONDS));
        for (const now of settled) expect(now.spot + now.onDemand).toBeLessThanOrEqual(now.needed + 1);
      },
    );
    await fc.assert(property, { ...options, numRuns: Math.ceil(SEQUENCES / 20) });
  });
});
