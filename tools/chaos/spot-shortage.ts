/**
 * A shortage of Spot: EC2 refuses every type in every zone, and takes the instances that it has given. The fleet must go on on
 * demand, and come back to Spot.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { InstanceSnapshot } from '../../local/fleet/agent.ts';
import { fleetOf, type FleetSnapshot } from '../../local/run/fleet.ts';
import type { LocalStack } from '../../local/run/stack.ts';
import type { Instances } from './instances.ts';

export interface SpotReport {
  /** Spot instances that were interrupted. */
  interrupted: number;
  /** Until an on-demand instance was in service, seconds from the shortage's beginning; null when none came. */
  onDemandSeconds: number | null;
  /** Until a new Spot instance was in service, seconds from the shortage's end; null when none came. */
  backSeconds: number | null;
  /** For which that was watched: until the fleet was back at zero. */
  watchedSeconds: number;
}

type Stack = Pick<LocalStack, 'agent' | 'groupNames'>;

const POLL_MS = 500;
const SHORTAGE_MS = 60_000;
/** A fleet that finds nothing on demand either would wait for ever. */
const MOST_MS = 180_000;

const inService = (stack: Stack, market: InstanceSnapshot['market']) =>
  fleetOf(stack).instances.filter((one) => one.lifecycleState === 'InService' && one.market === market);
const secondsSince = (ms: number) => Math.round((Date.now() - ms) / 1000);

/** @returns once Spot is available again; `back` then waits for a Spot instance, or for `over` */
export async function withoutSpot(
  stack: Stack,
  instances: Pick<Instances, 'live' | 'interruptSpot'>,
  over: AbortSignal,
  abort: AbortSignal,
): Promise<{ report: SpotReport; back: Promise<void> }> {
  while (inService(stack, 'spot').length === 0) await sleep(POLL_MS, undefined, { signal: abort });
  const startMs = Date.now();
  stack.agent.setShortages([{ markets: ['spot'] }]);
  const interrupted = instances.live().filter((instance) => instances.interruptSpot(instance)).length;
  let onDemandSeconds: number | null = null;
  while (Date.now() - startMs < (onDemandSeconds === null ? MOST_MS : SHORTAGE_MS)) {
    if (onDemandSeconds === null && inService(stack, 'on-demand').length > 0)
      onDemandSeconds = secondsSince(startMs);
    await sleep(POLL_MS, undefined, { signal: abort });
  }
  stack.agent.setShortages([]);
  const report: SpotReport = { interrupted, onDemandSeconds, backSeconds: null, watchedSeconds: 0 };
  return { report, back: watchReturn(stack, report, over) };
}

async function watchReturn(stack: Stack, report: SpotReport, over: AbortSignal): Promise<void> {
  const endMs = Date.now();
  const isNew = ({ launchedAt }: InstanceSnapshot) => launchedAt >= endMs;
  while (!over.aborted && !inService(stack, 'spot').some(isNew))
    await sleep(POLL_MS, undefined, { signal: over }).catch(() => undefined);
  report.watchedSeconds = secondsSince(endMs);
  if (!over.aborted) report.backSeconds = report.watchedSeconds;
}

/**
 * The most instances that were in service or pending at a time, in all groups. Not their desired capacities: while launches move from one
 * group to the other, the one that grows is set first.
 */
export class FleetPeak {
  running = 0;

  look({ instances }: FleetSnapshot): void {
    const running = instances.filter(({ lifecycleState }) => !lifecycleState.startsWith('Terminat')).length;
    this.running = Math.max(this.running, running);
  }
}
