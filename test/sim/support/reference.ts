/**
 * A reference for the engine, written from the description alone: no events; each job is assigned to the instance that is
 * free first. Slow and short.
 */
export interface Instance {
  requested: number;
  ready: number;
  /** When it takes its next job at the earliest. */
  free: number;
  stopped: number;
  /** Takes no more jobs. */
  leaving: boolean;
}

export interface ReferenceOptions {
  arrivals: number[];
  service: number;
  boot: number;
  tick: number;
  min: number;
  horizon: number;
  /** Desired capacity, from what is seen. */
  rule: (
    at: number,
    seen: { visible: number; inFlight: number; desired: number; inService: number },
  ) => number;
}

export function reference(options: ReferenceOptions): { starts: number[]; billed: number } {
  const { arrivals, service, boot, tick, min, rule } = options;
  const fleet: Instance[] = Array.from({ length: min }, () => ({
    requested: 0,
    ready: 0,
    free: 0,
    stopped: Infinity,
    leaving: false,
  }));
  const starts: number[] = [];
  const ends = () => starts.map((start) => start + service);
  const free = () => {
    let first: Instance | undefined;
    for (const one of fleet) if (!one.leaving && (!first || one.free < first.free)) first = one;
    return first;
  };
  const assignUpTo = (at: number) => {
    for (;;) {
      const arrival = arrivals[starts.length];
      const first = free();
      if (arrival === undefined || !first) return;
      const start = Math.max(arrival, first.free);
      if (start > at) return;
      starts.push(start);
      first.free = start + service;
    }
  };

  let desired = min;
  for (let k = 1; ; k++) {
    const at = k * tick;
    assignUpTo(at);
    if (starts.length === arrivals.length && Math.max(...ends()) <= at) break;
    const here = fleet.filter((one) => !one.leaving);
    const after = rule(at, {
      visible: arrivals.filter((arrival) => arrival <= at).length - starts.length,
      inFlight: ends().filter((end) => end > at).length,
      desired,
      inService: here.filter((one) => one.ready <= at).length,
    });
    for (let more = after - desired; more > 0; more--) {
      fleet.push({ requested: at, ready: at + boot, free: at + boot, stopped: Infinity, leaving: false });
    }
    const kind = (one: Instance) => (one.ready > at ? 1 : one.free > at ? 2 : 0);
    const order = (one: Instance) => {
      if (kind(one) === 1) return -fleet.indexOf(one);
      return kind(one) === 2 ? one.free * 1e6 + fleet.indexOf(one) : fleet.indexOf(one);
    };
    here.sort((a, b) => kind(a) - kind(b) || order(a) - order(b));
    for (const one of here.slice(0, Math.max(0, desired - after))) {
      one.leaving = true;
      one.stopped = kind(one) === 2 ? one.free : at;
    }
    desired = after;
  }
  const end = Math.max(options.horizon, ...ends());
  const billed = fleet.reduce(
    (sum, one) => sum + Math.max(60, Math.min(one.stopped, end) - one.requested),
    0,
  );
  return { starts, billed };
}
