/** The scaler's ports in memory. They keep the rules of the real ones and record their calls, in order. */
import { VIEW_ATTRIBUTE } from '../../../../contract/names.ts';
import type { View } from '../../../../contract/view.ts';
import { emptyMemory, fromItem, toItem } from '../../../../lambda/scaler/memory.ts';
import type { WorkReport } from '../../../../lambda/scaler/policy/observation.ts';
import type { InstanceReport } from '../../../../lambda/scaler/policy/plausible.ts';
import type {
  Counts,
  FailedLaunch,
  Fleet,
  FleetLaunch,
  FleetState,
  Memory,
  MemoryState,
  Metrics,
  QueueCounts,
  TickMetrics,
  TickPorts,
  Work,
} from '../../../../lambda/scaler/ports.ts';

/** Calls of all ports of one tick, in order. */
export type Calls = [port: string, ...args: unknown[]][];

/** Stored as the table stores it: as an item, with a lease that another owner cannot take before it ends. */
export class FakeMemory implements Memory {
  item: Record<string, unknown> | undefined;
  lease: { owner: string; until: number } | undefined;

  constructor(private readonly calls: Calls = []) {}

  open(owner: string, at: number, leaseSeconds: number): Promise<MemoryState | undefined> {
    this.calls.push(['memory.open', owner, at, leaseSeconds]);
    if (this.lease && this.lease.owner !== owner && this.lease.until >= at) return Promise.resolve(undefined);
    this.lease = { owner, until: at + leaseSeconds };
    return Promise.resolve(this.item ? fromItem(structuredClone(this.item)) : emptyMemory());
  }

  save(owner: string, state: Omit<MemoryState, 'controls'>, view?: View): Promise<void> {
    this.calls.push(['memory.save', owner]);
    if (this.lease?.owner !== owner) return Promise.reject(new Error('the lease was lost'));
    const published = view ? { [VIEW_ATTRIBUTE]: view } : {};
    this.item = { ...this.item, ...structuredClone({ ...toItem(state), ...published }) };
    return Promise.resolve();
  }

  release(owner: string): Promise<void> {
    this.calls.push(['memory.release', owner]);
    if (this.lease?.owner === owner) this.lease = undefined;
    return Promise.resolve();
  }
}

export class FakeFleet implements Fleet {
  state: FleetState = { desired: 0, inService: 0, pending: 0, draining: 0, min: 0, max: 10 };
  /** Refused launches, with their times in epoch seconds. */
  failed: (FailedLaunch & { at: number })[] = [];
  /** Other launches. */
  launched: FleetLaunch[] = [];

  constructor(private readonly calls: Calls = []) {}

  /** Without a list of its own, instances in service and draining report, numbered from 0. */
  read(): Promise<FleetState> {
    this.calls.push(['fleet.read']);
    const { inService, draining } = this.state;
    const count = Number.isInteger(inService + draining) ? inService + draining : 0;
    const reporters = Array.from({ length: count }, (_, k) => ({ instance: `i-${k}` }));
    return Promise.resolve({ reporters, ...this.state });
  }

  launches(since: number): Promise<FleetLaunch[]> {
    this.calls.push(['fleet.launches', since]);
    const refused = this.failed.map(({ at, ...failure }, k): FleetLaunch => {
      return { id: `refused-${k}`, startedAt: at, endedAt: at, outcome: 'refused', failure };
    });
    return Promise.resolve([...refused, ...this.launched].filter(({ startedAt }) => startedAt >= since));
  }

  end(instance: string, isReplaced: boolean): Promise<void> {
    this.calls.push(['fleet.end', instance, isReplaced]);
    const { desired, pending } = this.state;
    this.state = { ...this.state, pending: pending - 1, desired: isReplaced ? desired : desired - 1 };
    return Promise.resolve();
  }

  setDesired(desired: number): Promise<void> {
    this.calls.push(['fleet.setDesired', desired]);
    const { min, max } = this.state;
    if (!Number.isInteger(desired) || desired < min || desired > max) {
      return Promise.reject(new Error(`desired ${desired} is not within ${min} and ${max}`));
    }
    this.state = { ...this.state, desired };
    return Promise.resolve();
  }
}

export class FakeCounts implements Counts {
  counts: QueueCounts = { visible: 0, inFlight: 0 };
  /** Messages among the visible ones that have no photo. */
  empty = 0;

  constructor(private readonly calls: Calls = []) {}

  read(): Promise<QueueCounts> {
    this.calls.push(['counts.read']);
    return Promise.resolve({ ...this.counts });
  }

  hasPhoto(): Promise<boolean> {
    this.calls.push(['counts.hasPhoto']);
    const visible = this.counts.visible - this.empty;
    this.counts = { ...this.counts, visible };
    this.empty = 0;
    return Promise.resolve(visible > 0);
  }
}

/** Divides what a test has the fleet do among the instances; or answers with what a test has them write. */
export class FakeWork implements Work {
  /** Totals of the fleet; undefined while no instance reports. */
  reported: WorkReport | undefined;
  /** What the instances wrote, instead of totals. */
  written: InstanceReport[] | undefined;
  /** Why instances cannot get ready. @default none writes a reason */
  failures?: Work['failures'];
  private divided: WorkReport = { completed: 0, busySeconds: 0 };
  private readonly shares = new Map<string, WorkReport>();

  constructor(private readonly calls: Calls = []) {}

  read(instances: string[]): Promise<InstanceReport[] | undefined> {
    this.calls.push(['work.read']);
    const { written, reported } = this;
    if (written) return Promise.resolve(written.filter(({ instance }) => instances.includes(instance)));
    if (!reported) return Promise.resolve([]);
    const since = (name: 'completed' | 'busySeconds') =>
      (reported[name] - this.divided[name]) / instances.length;
    const reports = instances.map((instance) => {
      const before = this.shares.get(instance) ?? { completed: 0, busySeconds: 0 };
      const now = {
        completed: before.completed + since('completed'),
        busySeconds: before.busySeconds + since('busySeconds'),
      };
      this.shares.set(instance, now);
      return { instance, ...now };
    });
    if (instances.length > 0) this.divided = reported;
    return Promise.resolve(reports);
  }
}

export class FakeMetrics implements Metrics {
  readonly published: TickMetrics[] = [];

  constructor(private readonly calls: Calls = []) {}

  publish(metrics: TickMetrics): Promise<void> {
    this.calls.push(['metrics.publish', metrics.reason]);
    this.published.push(structuredClone(metrics));
    return Promise.resolve();
  }
}

export interface FakePorts extends TickPorts {
  counts: FakeCounts;
  work: FakeWork;
  fleet: FakeFleet;
  memory: FakeMemory;
  metrics: FakeMetrics;
  calls: Calls;
}

export function fakePorts(): FakePorts {
  const calls: Calls = [];
  return {
    calls,
    counts: new FakeCounts(calls),
    work: new FakeWork(calls),
    fleet: new FakeFleet(calls),
    memory: new FakeMemory(calls),
    metrics: new FakeMetrics(calls),
  };
}
