/** A system to script: what a rule sees is set by hand, what it does is written down. */
import type { WorkCounters, Snapshot, ControlledSystem } from '../../../sim/engine/types.ts';

export class FakeSystem implements ControlledSystem {
  seen: Snapshot = {
    visible: 0,
    inFlight: 0,
    desired: 1,
    inService: 1,
    pending: 0,
    draining: 0,
    min: 0,
    max: 100,
  };
  counters: WorkCounters = { completed: 0, busySeconds: 0 };
  booting: number[] = [];
  idle: { id: number; since: number }[] = [];
  left: number[] = [];
  reason = '';
  readonly launchTimeoutSeconds = 600;

  observe(): Snapshot {
    return { ...this.seen };
  }
  actual(): Snapshot {
    return { ...this.seen };
  }
  workCounters(): WorkCounters {
    return this.counters;
  }
  reporters(): number[] {
    return [0];
  }
  reportOf(): WorkCounters {
    return this.counters;
  }
  launches(): [] {
    return [];
  }
  pendingSince(): number[] {
    return this.booting;
  }
  idleSince() {
    return this.idle;
  }
  setDesired(desired: number): void {
    this.seen.desired = desired;
  }
  leave(id: number): void {
    this.left.push(id);
    this.seen.desired--;
  }
  end(id: number): void {
    this.left.push(id);
  }
  explain(reason: string): void {
    this.reason = reason;
  }
}
