/** The scaler's ports in memory, with faults to switch on. */
import { VIEW_ATTRIBUTE } from '../../../../contract/names.ts';
import type { View } from '../../../../contract/view.ts';
import type { FailedLaunch } from '../../../../lambda/scaler/ports.ts';
import { emptyMemory, fromItem, toItem } from '../../../../lambda/scaler/memory.ts';
import type { WorkReport } from '../../../../lambda/scaler/policy/observation.ts';
import type {
  Counts,
  Fleet,
  FleetState,
  Memory,
  MemoryState,
  Metrics,
  QueueCounts,
  TickMetrics,
  Work,
} from '../../../../lambda/scaler/ports.ts';

/** Kept as the table keeps it: as an item, with a lease that another owner cannot take before it ends. */
export class FakeMemory implements Memory {
  item: Record<string, unknown> | undefined;
  lease: { owner: string; until: number } | undefined;

  open(owner: string, at: number, leaseSeconds: number): Promise<MemoryState | undefined> {
    if (this.lease && this.lease.owner !== owner && this.lease.until >= at) return Promise.resolve(undefined);
    this.lease = { owner, until: at + leaseSeconds };
    return Promise.resolve(this.item ? fromItem(structuredClone(this.item)) : emptyMemory());
  }

  save(owner: string, state: Omit<MemoryState, 'controls'>, view?: View): Promise<void> {
    if (this.lease?.owner !== owner) return Promise.reject(new Error('the lease has been lost'));
    const published = view ? { [VIEW_ATTRIBUTE]: view } : {};
    this.item = { ...this.item, ...structuredClone({ ...toItem(state), ...published }) };
    return Promise.resolve();
  }

  release(owner: string): Promise<void> {
    if (this.lease?.owner === owner) this.lease = undefined;
    return Promise.resolve();
  }
}

export class FakeFleet implements Fleet {
  view: FleetState = { desired: 0, inService: 0, pending: 0, draining: 0, min: 0, max: 10 };

  read(): Promise<FleetState> {
    return Promise.resolve({ ...this.view });
  }

  failed: FailedLaunch[] = [];

  failedLaunches(): Promise<FailedLaunch[]> {
    return Promise.resolve(this.failed);
  }

  setDesired(desired: number): Promise<void> {
    this.view.desired = desired;
    return Promise.resolve();
  }
}

export class FakeCounts implements Counts {
  counts: QueueCounts = { visible: 0, inFlight: 0 };

  read(): Promise<QueueCounts> {
    return Promise.resolve({ ...this.counts });
  }
}

export class FakeWork implements Work {
  reported: WorkReport | undefined;

  read(): Promise<WorkReport | undefined> {
    return Promise.resolve(this.reported);
  }
}

export class FakeMetrics implements Metrics {
  readonly published: TickMetrics[] = [];

  publish(metrics: TickMetrics): Promise<void> {
    this.published.push(structuredClone(metrics));
    return Promise.resolve();
  }
}
