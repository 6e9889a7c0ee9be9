/** An image that does not boot in a fast tier, on the local fleet agent: the scaler's ticks end what Auto Scaling would repeat for ever. */
import {
  CompleteLifecycleActionCommand,
  DescribeWarmPoolCommand,
  SetInstanceHealthCommand,
} from '@aws-sdk/client-auto-scaling';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fastTierPool } from '../../../contract/pools.ts';
import { PooledFleet } from '../../../lambda/scaler/aws/pooled-fleet.ts';
import { tick } from '../../../lambda/scaler/tick.ts';
import { KeptMemory } from '../../lambda/scaler/support/fake-pools.ts';
import { fakePorts } from '../../lambda/scaler/support/fakes.ts';
import { slo } from '../../lambda/scaler/support/observations.ts';
import { until } from '../../support/wait.ts';
import { HOOKS, NAME, ON_DEMAND, ON_DEMAND_NAME, startFleet, type Fleet } from '../support/fleet.ts';

const STOPPED = 3;
const SIZES = fastTierPool(STOPPED, 0);
const AutoScalingGroupName = ON_DEMAND_NAME;
const POOL = { ...SIZES, reuseOnScaleIn: true };
const TICK_SECONDS = 60;

let local: Fleet;
let fleet: PooledFleet;
let ports: Omit<ReturnType<typeof fakePorts>, 'memory' | 'fleet'> & {
  memory: KeptMemory;
  fleet: PooledFleet;
};
let at: number;

const deploy = (version: string) =>
  local.agent.applyTemplate(ON_DEMAND_NAME, {
    ...{ hooks: HOOKS, version, instanceTags: {}, types: ['g4dn.xlarge'] },
    ...{ purchase: ON_DEMAND, warmPool: POOL },
  });
const warm = async () =>
  (await local.client.send(new DescribeWarmPoolCommand({ AutoScalingGroupName }))) ?? {};
const waiting = async () =>
  ((await warm()).Instances ?? []).filter(({ LifecycleState }) => LifecycleState === 'Warmed:Pending:Wait');
/** Launches into the pool so far. */
const boots = async () => (await fleet.warmPool?.launches(0))?.length ?? NaN;
const failures = () => ports.memory.state.policy.warmPool?.boots.failures ?? 0;

/** One look of the scaler a minute. @param during what the instances at their launch hook do */
async function minutes(count: number, during: (instance: string) => Promise<unknown>, controls = {}) {
  for (let k = 0; k < count; k++) {
    at += TICK_SECONDS;
    local.pass(1000 * TICK_SECONDS);
    for (const { InstanceId = '' } of await waiting()) await during(InstanceId);
    ports.memory.state = { ...ports.memory.state, controls };
    const { errors } = await tick(ports, slo, {
      ...{ owner: 'run-1', now: () => at, tickSeconds: TICK_SECONDS, launchTimeoutSeconds: 600 },
      pools: { spotPriceShare: 0.5, bootSeconds: 100, fastTier: STOPPED },
      warmPool: SIZES,
    });
    expect(errors).toEqual([]);
  }
}

const complete = (LifecycleActionResult: string) => (InstanceId: string) =>
  local.client.send(
    new CompleteLifecycleActionCommand({
      ...{ AutoScalingGroupName, LifecycleHookName: 'ready', InstanceId, LifecycleActionResult },
    }),
  );
const abandon = complete('ABANDON');
/** In twelve minutes: a pool, that in its place, and two tries. */
const MOST_AT_ONCE = 2 * STOPPED + 2;
const FAULTS: [string, (instance: string) => Promise<unknown>, minutes: number, most: number][] = [
  ['ends its launch', abandon, 12, MOST_AT_ONCE],
  // The pool is given up before the hooks are over, so nothing takes its place; then there are two tries.
  ['says nothing until the hook’s time is over', async () => {}, 45, STOPPED + 2],
  [
    'is unhealthy',
    (InstanceId) =>
      local.client.send(new SetInstanceHealthCommand({ InstanceId, HealthStatus: 'Unhealthy' })),
    12,
    MOST_AT_ONCE,
  ],
  ['dies', (instance) => local.agent.kill(instance), 12, MOST_AT_ONCE],
];

beforeEach(async () => {
  local = await startFleet();
  at = Date.parse('2026-11-23T18:00:00Z') / 1000;
  fleet = new PooledFleet(local.client, NAME, {
    ...{ onDemandGroupName: ON_DEMAND_NAME, min: 0, max: 4, warmPoolSize: STOPPED },
  });
  ports = { ...fakePorts(), memory: new KeptMemory(), fleet };
  await deploy('2');
});
afterEach(() => local.close());

describe('an image whose instance', () => {
  it.each(process.env.FULL ? FAULTS : FAULTS.slice(0, 1))(
    '%s costs few boots, not one after the other',
    async (_what, during, time, most) => {
      await minutes(time, during);
      expect(await boots()).toBeLessThanOrEqual(most);
      expect(failures()).toBeGreaterThanOrEqual(3);
      expect(ports.metrics.published.at(-1)?.warmPoolBootFailures).toBe(failures());
      // The fleet's own launches have another image: neither its breaker nor its boot times learn of these.
      const { bootFailure, pools } = ports.memory.state.policy;
      expect([bootFailure, pools?.boots, pools?.resumes]).toEqual([undefined, 0, 0]);
      expect((await warm()).WarmPoolConfiguration).toMatchObject({
        ...{ MinSize: 0, PoolState: 'Stopped' },
        InstanceReusePolicy: { ReuseOnScaleIn: true },
      });
    },
  );

  it('fails is booted for ever in a dry run, which sets nothing', async () => {
    await minutes(8, abandon, { dryRun: {} });
    expect(await boots()).toBeGreaterThan(MOST_AT_ONCE);
    expect(failures()).toBeGreaterThanOrEqual(8);
  });
});

describe('the pool is full again', () => {
  const isFull = async () => {
    const { Instances = [], WarmPoolConfiguration } = await warm();
    expect(WarmPoolConfiguration?.MaxGroupPreparedCapacity).toBe(SIZES.maxGroupPreparedCapacity);
    return Instances.map(({ LifecycleState }) => LifecycleState);
  };
  const stopped = Array.from({ length: STOPPED }, () => 'Warmed:Stopped');

  it('once an instance of the same image boots', async () => {
    await minutes(3, abandon);
    expect((await warm()).WarmPoolConfiguration?.MaxGroupPreparedCapacity).toBe(0);
    await minutes(12, complete('CONTINUE'));
    expect(await until(isFull, (states) => states.length === STOPPED)).toEqual(stopped);
    expect(failures()).toBe(0);
  });

  it('with the next image, whose deploy changes the launch template alone', async () => {
    await minutes(4, abandon);
    await deploy('3');
    expect(await warm()).toMatchObject({
      Instances: [],
      WarmPoolConfiguration: { MaxGroupPreparedCapacity: 0 },
    });
    await minutes(3, complete('CONTINUE'));
    expect(await until(isFull, (states) => states.length === STOPPED)).toEqual(stopped);
    expect(failures()).toBe(0);
  });
});

it('of which others are stopped costs no more', async () => {
  await minutes(3, complete('CONTINUE'));
  expect((await warm()).Instances).toHaveLength(STOPPED);
  const before = await boots();
  const [{ InstanceId = '' } = {}] = (await warm()).Instances ?? [];
  await local.agent.kill(InstanceId);
  await minutes(12, abandon);
  expect((await boots()) - before).toBeLessThanOrEqual(MOST_AT_ONCE);
});
