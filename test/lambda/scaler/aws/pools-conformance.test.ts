/** The fleet of two groups: one suite for Auto Scaling over the wire of the local fleet agent, the simulator and the fake. */
import { afterEach, describe, expect, it } from 'vitest';
import { PooledFleet } from '../../../../lambda/scaler/aws/pooled-fleet.ts';
import type { Fleet } from '../../../../lambda/scaler/ports.ts';
import { simulatedFleet } from '../../../../sim/policies/ports.ts';
import { NAME, ON_DEMAND_NAME, startFleet } from '../../../local/support/fleet.ts';
import { FakePools } from '../support/fake-pools.ts';
import { simulated } from '../support/simulated.ts';

const POOLS = { onDemandGroupName: ON_DEMAND_NAME, min: 0, max: 4, warmPoolSize: 0 };
/** From a request until it is a launch or a refusal in each of the three, seconds. */
const SOON = 2;

interface Made {
  fleet: Fleet;
  /** Before the simulator's first second nothing has happened. */
  since: number;
  pass: (seconds: number) => void;
  stopped: number;
}
const closing: (() => Promise<void>)[] = [];
afterEach(async () => void (await Promise.all(closing.splice(0).map((close) => close()))));

async function onAutoScaling(): Promise<Made> {
  const local = await startFleet();
  closing.push(() => local.close());
  local.agent.setShortages([{ markets: ['spot'] }]);
  const fleet = new PooledFleet(local.client, NAME, POOLS);
  const pass = (seconds: number) => local.pass(1000 * seconds);
  return { fleet, pass, since: Date.parse('2026-11-23T18:00:00Z') / 1000, stopped: 0 };
}
async function onSimulator(): Promise<Made> {
  const engine = simulated({ arrivals: [], min: 0, max: 4, fastTier: 2, spotShortage: '0:60' });
  const pass = (seconds: number) => void engine.advance(engine.now + seconds);
  return { fleet: simulatedFleet(engine), pass, since: 0, stopped: 2 };
}
async function onFake(): Promise<Made> {
  const fake = new FakePools({ at: 0, max: 4, bootSeconds: 100, stopped: 2 });
  fake.gives.spot = false;
  return { fleet: fake, pass: (seconds) => fake.pass(seconds), since: 0, stopped: 2 };
}

describe.each([
  ['Auto Scaling', onAutoScaling],
  ['the simulator', onSimulator],
  ['the fake', onFake],
])('the fleet of two groups: %s', (_name, make) => {
  it('has the counts of each group, their sums, and the limits of both together', async () => {
    const { fleet, pass, stopped } = await make();
    const none = { desired: 0, inService: 0, pending: 0, draining: 0, min: 0, max: 4 };
    expect(await fleet.read()).toMatchObject({ ...none, pools: { spot: none, onDemand: none, stopped } });
    await fleet.setPool?.('spot', 2);
    await fleet.setPool?.('on-demand', 1);
    pass(SOON);
    // Spot refuses.
    expect(await fleet.read()).toMatchObject({
      ...{ ...none, desired: 3, pending: 1 },
      pools: { spot: { desired: 2, pending: 0 }, onDemand: { desired: 1, pending: 1 } },
    });
  });

  it('lists the launches of both with their pool, and those that EC2 refused', async () => {
    const { fleet, pass, since } = await make();
    await fleet.setPool?.('spot', 1);
    await fleet.setPool?.('on-demand', 1);
    pass(SOON);
    await fleet.read();
    const launches = await fleet.launches(since);
    const of = (pool: string) => launches.filter((one) => one.pool === pool);
    expect(of('spot')[0]).toMatchObject({
      outcome: 'refused',
      failure: { code: expect.stringContaining('Capacity') as string },
    });
    expect(of('on-demand')).toMatchObject([{ outcome: 'under-way' }]);
    expect(of('on-demand')[0]?.instance).toBeTruthy();
  });

  it('ends an instance under way in the group that it is in', async () => {
    const { fleet, pass, since } = await make();
    await fleet.setPool?.('spot', 1);
    await fleet.setPool?.('on-demand', 2);
    pass(SOON);
    await fleet.read();
    const launch = (await fleet.launches(since)).find(({ outcome }) => outcome === 'under-way');
    await fleet.end(launch?.instance ?? '', false);
    expect((await fleet.read()).pools).toMatchObject({ spot: { desired: 1 }, onDemand: { desired: 1 } });
  });
});
