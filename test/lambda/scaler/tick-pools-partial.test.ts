/** Ticks of a fleet with two pools that can read, decide or set only a part. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { METRICS, POOL_DIMENSION } from '../../../contract/names.ts';
import { metricData } from '../../../lambda/scaler/aws/metrics.ts';
import type { PoolName } from '../../../lambda/scaler/policy/pools/pool-name.ts';
import { limitOf } from '../../../lambda/scaler/split-tick.ts';
import { tick } from '../../../lambda/scaler/tick.ts';
import { FakePools, KeptMemory } from './support/fake-pools.ts';
import { fakePorts } from './support/fakes.ts';
import { slo } from './support/observations.ts';

const MAX = 8;
const SEQUENCES = Number(process.env.SEQUENCES ?? 6);
/** Of the alarm `spot-refused-1h`, which lib/alarms.ts sets. */
const REFUSED_IN_AN_HOUR = 3;
const POOLS = { spotPriceShare: 0.5, bootSeconds: 100, fastTier: 2, types: ['g4dn.xlarge'] };

/** @param min of the fleet */
function scaler(min = 0, spotPriceShare = POOLS.spotPriceShare) {
  const fleet = new FakePools({ max: MAX, min, bootSeconds: 100, stopped: 2 });
  const memory = new KeptMemory();
  const ports = { ...fakePorts(), fleet, memory };
  const pools = { ...POOLS, spotPriceShare };
  const run = async (visible: number, controls: object = {}) => {
    ports.counts.counts = { visible, inFlight: 0 };
    memory.state = { ...memory.state, controls };
    const settings = { owner: 'run-1', now: () => fleet.at, tickSeconds: 30, pools };
    return tick(ports, slo, settings);
  };
  const after = (seconds: number, visible: number, controls?: object) => {
    fleet.pass(seconds);
    return run(visible, controls);
  };
  const desired = async () => {
    const { pools } = await fleet.read();
    return [pools?.spot.desired, pools?.onDemand.desired];
  };
  return { fleet, ports, after, desired };
}
const dryRun = { dryRun: {} };

describe('a market that gives nothing for an hour', () => {
  /** What the alarm of refused launches sums, by pool. */
  async function failedOf(reports: boolean, least: number, closed: PoolName[]) {
    const { fleet, ports, after } = scaler();
    fleet.reports = reports;
    for (const pool of closed) fleet.gives[pool] = false;
    const floor = { floor: { instances: least, until: fleet.at + 1e6 } };
    for (let k = 0; k < 60; k++) await after(60, 0, floor);
    const sums: Record<PoolName, number> = { spot: 0, 'on-demand': 0 };
    for (const one of ports.metrics.published)
      for (const { MetricName, Dimensions = [], Value = 0 } of metricData('dev', one)) {
        const pool = Dimensions.find(({ Name }) => Name === POOL_DIMENSION)?.Value;
        if (MetricName === METRICS.failedLaunches && pool) sums[pool as PoolName] += Value;
      }
    return { ...sums, refused: fleet.activities.length > 0 };
  }

  it.each<[string, boolean, PoolName[]]>([
    ['and reports it', true, ['spot']],
    ['and reports nothing: instances are only missing', false, ['spot']],
    ['as the other, and neither reports anything', false, ['spot', 'on-demand']],
  ])('%s, counts as refused at each try', async (_name, reports, closed) => {
    const { spot, 'on-demand': onDemand } = await failedOf(reports, 2, closed);
    expect(spot).toBeGreaterThanOrEqual(REFUSED_IN_AN_HOUR);
    // Two are missing at first; then it tries with one, or waits with two, once in the three minutes of each refusal.
    expect(spot).toBeLessThanOrEqual(2 + (3600 / 180) * 2);
    expect(onDemand > 0).toBe(closed.includes('on-demand'));
  });

  it('counts nothing of one that gives', async () => {
    expect(await failedOf(false, 2, [])).toMatchObject({ spot: 0, 'on-demand': 0 });
  });
});

describe('stopped instances that cannot be counted', () => {
  const unread = new Error('stopped instances: Throttling: Rate exceeded');

  it('stop no scaling: the fleet grows on Spot, and the tick fails loudly', async () => {
    const { fleet, after, desired } = scaler();
    fleet.unread = unread;
    const { errors, record } = await after(30, 60);
    expect(record?.reason).toBe('scale-out');
    expect(await desired()).toEqual([record?.desired, 0]);
    expect(record?.pools?.stopped).toBeNull();
    expect(errors).toEqual([unread]);
  });

  it('are as many as at the last look for two minutes, without those that were asked since; then none counts', async () => {
    const { fleet, after, ports } = scaler();
    await after(30, 0);
    const counted = () => ports.memory.state.policy.pools?.stopped;
    const { at } = fleet;
    expect(counted()).toEqual({ at, count: 2 });
    fleet.unread = unread;
    await after(60, 60);
    const first = fleet.sets.find(([pool]) => pool === 'on-demand');
    expect(first).toEqual(['on-demand', 2]);
    expect(fleet.kept).toBe(2);
    expect(counted()).toEqual({ at, count: 0 });
    const late = scaler();
    await late.after(30, 0);
    late.fleet.unread = unread;
    await late.after(121, 60);
    expect(late.fleet.sets.some(([pool]) => pool === 'on-demand')).toBe(false);
  });
});

describe('limits of the fleet', () => {
  it('are kept in a dry run, which sets nothing else', async () => {
    const { fleet, after, desired } = scaler(2);
    const { errors } = await after(30, 200, dryRun);
    expect([errors, await desired()]).toEqual([[], [2, 0]]);
    fleet.sets.length = 0;
    await after(120, 200, dryRun);
    expect(fleet.sets).toEqual([]);
  });

  it('are kept by a tick that cannot read the queue, and by none without the memory', async () => {
    const { ports, after, desired } = scaler(2);
    ports.counts.read = () => Promise.reject(new Error('no answer'));
    const { record } = await after(30, 0);
    expect([record?.reason, await desired()]).toEqual(['metrics-unavailable', [2, 0]]);
    const other = scaler(2);
    other.ports.memory.open = () => Promise.reject(new Error('no answer'));
    await other.after(30, 0);
    expect(await other.desired()).toEqual([0, 0]);
  });

  it('are kept on demand while Spot is refused, and on Spot again after that', async () => {
    const { fleet, after, desired } = scaler(2);
    fleet.gives.spot = false;
    for (let k = 0; k < 3; k++) await after(30, 0);
    expect(await desired()).toEqual([0, 2]);
    await fleet.setPool('on-demand', 1);
    await after(5, 0, dryRun);
    expect(await desired()).toEqual([0, 2]);
    await fleet.setPool('on-demand', 1);
    await after(3600, 0, dryRun);
    expect(await desired()).toEqual([1, 1]);
  });

  it('are kept on demand where Spot is no cheaper', async () => {
    const { after, desired } = scaler(2, 1);
    await after(30, 0, dryRun);
    expect(await desired()).toEqual([0, 2]);
  });

  it('are left alone by a tick that took so long that another run may have the lease', async () => {
    const { fleet, ports, after, desired } = scaler(2);
    ports.counts.read = () => {
      fleet.at += 11;
      return Promise.reject(new Error('no answer'));
    };
    await after(30, 0);
    expect(await desired()).toEqual([0, 0]);
  });

  it.each([
    ['none', undefined, 8],
    ['above the maximum', 20, 8],
    ['below it', 5, 6],
    ['below the minimum, which wins', 1, 3],
  ])('with a ceiling (%s) leave room for one hand-over within the maximum', (_name, instances, expected) => {
    const ceiling = instances === undefined ? {} : { ceiling: { instances, until: 1 } };
    expect(limitOf({ min: 2, max: 8 }, ceiling)).toBe(expected);
  });

  it('with a ceiling below the minimum still hand an on-demand fleet over to Spot, one at a time', async () => {
    const { fleet, after, desired } = scaler(2);
    const ceiling = { ceiling: { instances: 1, until: fleet.at + 1e6 } };
    fleet.gives.spot = false;
    for (let k = 0; k < 4; k++) await after(30, 0, ceiling);
    expect(await desired()).toEqual([0, 2]);
    fleet.gives.spot = true;
    const sums: number[] = [];
    for (let k = 0; k < 20; k++) {
      await after(30, 0, ceiling);
      const [ofSpot = NaN, ofOnDemand = NaN] = await desired();
      sums.push(ofSpot + ofOnDemand);
    }
    expect(await desired()).toEqual([2, 0]);
    expect(Math.max(...sums)).toBe(3);
  });

  it('that are the same leave no room: what a shortage of Spot left on demand stays there', async () => {
    const { fleet, after, desired } = scaler(MAX);
    fleet.gives.spot = false;
    for (let k = 0; k < 4; k++) await after(30, 0);
    fleet.gives.spot = true;
    for (let k = 0; k < 15; k++) await after(30, 0);
    expect(await desired()).toEqual([0, MAX]);
  });
});

describe('calls that fail', () => {
  const step = fc.record({
    after: fc.constantFrom(5, 15, 30, 60),
    visible: fc.constantFrom(0, 20, 400),
    spot: fc.boolean(),
    onDemand: fc.boolean(),
    failsIn: fc.constantFrom(Infinity, 0, 1),
  });

  it(
    'never leave the fleet beyond its maximum, and it comes to rest where it would have',
    { timeout: 24 * 3_600_000 },
    async () => {
      let failures = 0;
      const property = fc.asyncProperty(
        fc.array(step, { minLength: 15, maxLength: 30 }),
        async (sequence) => {
          const { fleet, after, desired } = scaler(2);
          const sizes = { spot: 0, 'on-demand': 0 };
          const check = () => {
            for (const [pool, size] of fleet.sets.splice(0)) {
              sizes[pool] = size;
              expect(sizes.spot + sizes['on-demand']).toBeLessThanOrEqual(MAX);
            }
          };
          for (const { visible, spot, onDemand, failsIn, after: seconds } of sequence) {
            fleet.gives = { spot, 'on-demand': onDemand };
            fleet.failsIn = failsIn;
            failures += (await after(seconds, visible)).errors.length;
            check();
          }
          fleet.failsIn = Infinity;
          fleet.gives = { spot: true, 'on-demand': true };
          for (let k = 0; k < 40; k++) await after(30, 0);
          check();
          expect(await desired()).toEqual([2, 0]);
        },
      );
      await fc.assert(property, { seed: 26, numRuns: SEQUENCES });
      expect(failures).toBeGreaterThan(3);
    },
  );

  it('while refused launches move make them move no second time', async () => {
    const { fleet, after, desired } = scaler(3);
    fleet.gives.spot = false;
    await after(30, 0);
    fleet.failsIn = 1;
    await after(30, 0);
    expect(await desired()).toEqual([3, 3]);
    fleet.failsIn = Infinity;
    await after(5, 0);
    expect(await desired()).toEqual([0, 3]);
  });

  it('on the way leave a record of what was set', async () => {
    const { fleet, after } = scaler();
    fleet.gives.spot = false;
    // A burst takes what is stopped and needs more on Spot: the second of the two calls fails.
    fleet.failsIn = 1;
    const { record, errors } = await after(30, 400);
    const [[pool, size] = ['spot', NaN]] = fleet.sets;
    expect(errors.map(({ message }) => message)).toEqual(['Throttling: Rate exceeded']);
    expect(fleet.sets).toHaveLength(1);
    expect(record?.desired).toBe(size);
    expect(record?.pools?.[pool === 'spot' ? 'spot' : 'onDemand'].desired).toBe(size);
  });
});
