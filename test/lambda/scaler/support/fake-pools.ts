/** The fleet as two groups in memory: launches take a while, EC2 refuses some, Spot takes instances back. */
import type { PoolName } from '../../../../lambda/scaler/policy/pools/pool-name.ts';
import type { PoolCounts } from '../../../../lambda/scaler/policy/pools/pools.ts';
import { emptyMemory } from '../../../../lambda/scaler/memory.ts';
import type { Fleet, FleetLaunch, FleetState, Memory, MemoryState } from '../../../../lambda/scaler/ports.ts';

/** Auto Scaling tries again after this time, seconds. */
const RETRY_SECONDS = 30;
/** Seconds from a request to the launch, or its refusal. */
const LAUNCH_SECONDS = 2;

interface FakeInstance {
  id: string;
  readyAt: number;
  isReady: boolean;
}

interface FakeGroup {
  pool: PoolName;
  desired: number;
  instances: FakeInstance[];
  triedAt: number;
}

export interface FakePoolsOptions {
  at?: number;
  /** Of the fleet. @default 0 */
  min?: number;
  max: number;
  bootSeconds: number;
  stopped?: number;
}

export class FakePools implements Fleet {
  /** Epoch seconds. */
  at: number;
  /** Whether each market gives instances. */
  gives: Record<PoolName, boolean> = { spot: true, 'on-demand': true };
  /** Whether refused launches are among the activities. */
  reports = true;
  stopped: number;
  readonly activities: FleetLaunch[] = [];
  /** Calls of `setPool` before one that fails. */
  failsIn = Infinity;
  /** Why stopped instances cannot be counted. @default they can */
  unread: Error | undefined;
  /** Every desired capacity that was set, in order. */
  readonly sets: [PoolName, number][] = [];
  /** Stopped instances that it was told to keep. @default as they are */
  kept: number | undefined;
  private readonly spot: FakeGroup = { pool: 'spot', desired: 0, instances: [], triedAt: -Infinity };
  private readonly onDemand: FakeGroup = { ...this.spot, pool: 'on-demand', instances: [] };
  private serial = 0;

  constructor(private readonly options: FakePoolsOptions) {
    this.at = options.at ?? 1_000_000;
    this.stopped = options.stopped ?? 0;
  }

  /** What happens in some seconds. @param interrupted Spot instances that are taken back at most */
  pass(seconds: number, interrupted = 0): void {
    const until = this.at + seconds;
    const lost = seconds > 0 ? this.spot.instances.splice(0, interrupted) : [];
    for (const one of lost) this.cancel(one);
    this.at = Math.min(until, this.at + LAUNCH_SECONDS);
    for (const group of [this.spot, this.onDemand]) if (seconds > 0) this.launch(group);
    this.at = until;
    for (const { instances } of [this.spot, this.onDemand])
      for (const one of instances) {
        if (one.isReady || one.readyAt > until) continue;
        one.isReady = true;
        const launch = this.activities.find(({ instance }) => instance === one.id);
        Object.assign(launch ?? {}, { outcome: 'in-service', endedAt: one.readyAt });
      }
    // The scaler asks for half an hour.
    while ((this.activities[0]?.startedAt ?? Infinity) < until - 1800) this.activities.shift();
  }

  async read(): Promise<FleetState> {
    const [spot, onDemand] = [this.countsOf(this.spot), this.countsOf(this.onDemand)];
    return {
      ...{ desired: spot.desired + onDemand.desired, min: this.options.min ?? 0, max: this.options.max },
      inService: spot.inService + onDemand.inService,
      pending: spot.pending + onDemand.pending,
      draining: 0,
      reporters: [],
      pools: { spot, onDemand, stopped: this.unread ? null : this.stopped },
      unread: this.unread,
    };
  }

  async launches(since: number): Promise<FleetLaunch[]> {
    return this.activities.filter(({ startedAt }) => startedAt >= since).map((one) => ({ ...one }));
  }

  setDesired(): Promise<void> {
    return Promise.reject(new Error('the fleet has two groups'));
  }

  async setPool(pool: PoolName, desired: number): Promise<void> {
    if (this.failsIn-- === 0) throw new Error('Throttling: Rate exceeded');
    this.set(pool === 'spot' ? this.spot : this.onDemand, desired);
  }

  async keepStopped(count: number): Promise<void> {
    this.kept = count;
  }

  async end(id: string, isReplaced: boolean): Promise<void> {
    const group = [this.spot, this.onDemand].find(({ instances }) => instances.some((one) => one.id === id));
    if (!group) throw new Error(`no instance ${id}`);
    for (const one of group.instances) if (one.id === id) this.cancel(one);
    group.instances = group.instances.filter((one) => one.id !== id);
    if (!isReplaced) group.desired--;
  }

  private countsOf({ desired, instances }: FakeGroup): PoolCounts {
    const inService = instances.filter(({ isReady }) => isReady).length;
    const { max } = this.options;
    return { desired, inService, pending: instances.length - inService, draining: 0, min: 0, max };
  }

  private launch(group: FakeGroup): void {
    const { at } = this;
    const missing = group.desired - group.instances.length;
    if (missing <= 0) return;
    const common = { id: `a-${++this.serial}`, startedAt: at, pool: group.pool };
    if (!this.gives[group.pool]) {
      if (at - group.triedAt < RETRY_SECONDS) return;
      group.triedAt = at;
      const failure = { code: 'InsufficientInstanceCapacity', message: 'none', pool: group.pool };
      if (this.reports) this.activities.push({ ...common, endedAt: at, outcome: 'refused', failure });
      return;
    }
    for (let k = 0; k < missing; k++) {
      const id = `i-${++this.serial}`;
      const resumes = group.pool === 'on-demand' && this.stopped > 0;
      if (resumes) this.stopped--;
      const readyAt = at + this.options.bootSeconds / (resumes ? 4 : 1);
      group.instances.push({ id, readyAt, isReady: false });
      this.activities.push({ ...common, id: `a-${id}`, instance: id, outcome: 'under-way' });
    }
  }

  private cancel({ id, isReady }: FakeInstance): void {
    const launch = isReady ? undefined : this.activities.find(({ instance }) => instance === id);
    Object.assign(launch ?? {}, { outcome: 'cancelled', endedAt: this.at });
  }

  /** As Auto Scaling: refuses what is beyond the limits; instances that boot go first. */
  private set(group: FakeGroup, desired: number): void {
    const { max } = this.options;
    if (!Number.isInteger(desired) || desired < 0 || desired > max)
      throw new Error(`desired capacity ${desired} of ${group.pool} is not within 0 and ${max}`);
    if (group.desired !== desired) this.sets.push([group.pool, desired]);
    group.desired = desired;
    const surplus = Math.max(0, group.instances.length - desired);
    const kept = group.instances.toSorted((a, b) => Number(b.isReady) - Number(a.isReady));
    const gone = kept.splice(kept.length - surplus, surplus);
    group.instances = kept;
    for (const one of gone) this.cancel(one);
    if (group.pool === 'on-demand') {
      const parked = gone.filter(({ isReady }) => isReady).length;
      this.stopped = Math.min(this.options.stopped ?? 0, this.stopped + parked);
    }
  }
}

/** Keeps the state as it is: writing it as an item, as the table does, would be two thirds of the time of a million sequences. */
export class KeptMemory implements Memory {
  state = emptyMemory();

  open = async (): Promise<MemoryState> => this.state;
  save = async (_owner: string, state: Omit<MemoryState, 'controls'>): Promise<void> => {
    this.state = { ...state, controls: this.state.controls };
  };
  release = async (): Promise<void> => {};
}
