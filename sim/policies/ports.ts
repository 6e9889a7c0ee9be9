/** The scaler's ports, implemented over the simulated system. */
import type { View } from '../../contract/view.ts';
import { emptyMemory } from '../../lambda/scaler/memory.ts';
import type { Counts, Fleet, Memory, MemoryState, TickPorts, Work } from '../../lambda/scaler/ports.ts';
import type { ControlledSystem } from '../engine/types.ts';

/** The scaler's item in memory, with its lease, since in the real world a tick may be delivered twice. */
export class SimulatedMemory implements Memory {
  private state = emptyMemory();
  private lease: { owner: string; until: number } | undefined;

  /** @param published called with each view that is saved */
  constructor(private readonly published: (view: View) => void = () => {}) {}

  async open(owner: string, at: number, leaseSeconds: number): Promise<MemoryState | undefined> {
    const { lease } = this;
    if (lease && lease.owner !== owner && lease.until >= at) return undefined;
    this.lease = { owner, until: at + leaseSeconds };
    return this.state;
  }

  async save(owner: string, state: Omit<MemoryState, 'controls'>, view?: View): Promise<void> {
    if (this.lease?.owner !== owner) throw new Error('the lease was lost');
    this.state = { ...state, controls: {} };
    if (view) this.published(view);
  }

  async release(owner: string): Promise<void> {
    if (this.lease?.owner === owner) this.lease = undefined;
  }
}

export const simulatedCounts = (system: ControlledSystem): Counts => ({
  async read() {
    const { visible, inFlight } = system.observe();
    return { visible, inFlight };
  },
  readBulk: system.observeBulk && (async () => system.observeBulk?.() ?? { visible: 0, inFlight: 0 }),
});

/** Counters of each instance since its start. */
export const simulatedWork = (system: ControlledSystem): Work => ({
  async read(instances) {
    return instances.map((instance) => ({ instance, ...system.reportOf(Number(instance)) }));
  },
});

export const simulatedFleet = (system: ControlledSystem): Fleet => ({
  async read() {
    const { desired, inService, pending, draining, min, max } = system.actual();
    const reporters = system.reporters().map((id) => ({ instance: String(id) }));
    const pools = system.pools?.();
    return { desired, inService, pending, draining, min, max, reporters, ...(pools && { pools }) };
  },
  async launches(since) {
    // The harder case for a policy: a refused launch is never reported, instances only do not come.
    return system.launches(since);
  },
  async setDesired(desired) {
    const { min, max } = system.actual();
    // The error texts of Auto Scaling.
    if (desired > max) throw new Error(`New SetDesiredCapacity value ${desired} is above max value ${max}`);
    if (desired < min) throw new Error(`New SetDesiredCapacity value ${desired} is below min value ${min}`);
    system.setDesired(desired);
  },
  async setPool(pool, desired) {
    system.setPool?.(pool, desired);
  },
  async keepStopped(count) {
    system.keepStopped?.(count);
  },
  async end(instance, isReplaced) {
    system.end(Number(instance), isReplaced);
  },
});

export const simulatedPorts = (system: ControlledSystem, published?: (view: View) => void): TickPorts => ({
  counts: simulatedCounts(system),
  work: simulatedWork(system),
  fleet: simulatedFleet(system),
  memory: new SimulatedMemory(published),
  // The report has its own record of the decisions.
  metrics: { async publish() {} },
});
