/** What a tick sees and remembers of the bulk lane. Interactive rates and times are measured without its photos. */
import { heldOf, observeFlow, serviceOf, type Flow, type FlowMemory } from '../flow.ts';
import type { BulkCounts, Observation, WorkReport } from '../observation.ts';
import { workflowsBy } from '../reported-parts.ts';
import { nextProfile, type BulkArrival } from './profile.ts';

/** Seconds from a bulk photo's arrival to its outcome, at most, where the settings name no deadline. */
export const DEFAULT_DEADLINE_SECONDS = 3600;

export interface BulkMemory {
  flow: FlowMemory;
  /** Oldest first. */
  waiting: BulkArrival[];
}

/** Counters of each lane. */
export function reportedBy(lane: 'interactive' | 'bulk', reported: WorkReport | undefined) {
  if (!reported) return undefined;
  const { completed, busySeconds, bulkCompleted = 0, bulkBusySeconds = 0, workflows } = reported;
  const parts = workflows && { workflows: workflowsBy(lane, workflows) };
  return lane === 'bulk'
    ? { completed: bulkCompleted, busySeconds: bulkBusySeconds, ...parts }
    : { completed: completed - bulkCompleted, busySeconds: busySeconds - bulkBusySeconds, ...parts };
}

/** The observation with what the instances report about interactive photos. */
export const withoutBulkReports = (seen: Observation): Observation =>
  seen.reported ? { ...seen, reported: reportedBy('interactive', seen.reported) } : seen;

export interface BulkNow {
  counts: BulkCounts;
  flow: Flow;
  /** Busy seconds of an instance for a photo. */
  serviceSeconds: number;
  /** Instances at work on bulk photos. */
  working: number;
  memory: BulkMemory;
}

/** @param guess of the service time, seconds: that of interactive photos @returns undefined without a bulk lane */
export function observeBulk(
  seen: Observation,
  before: BulkMemory | undefined,
  guess: number,
): BulkNow | undefined {
  const { at, bulk: counts, inService } = seen;
  if (!counts) return undefined;
  const reported = reportedBy('bulk', seen.reported);
  const flow = observeFlow({ at, ...counts, ...(reported && { reported }) }, before?.flow, guess);
  const { arrived } = flow;
  const backlog = counts.visible + counts.inFlight;
  const waiting =
    before?.flow.at === at
      ? before.waiting
      : nextProfile(before?.waiting ?? [], { at, since: before?.flow.at ?? at, arrived, backlog });
  const held = heldOf(flow.memory, guess);
  return {
    ...{ counts, flow },
    serviceSeconds: serviceOf(flow.memory, guess),
    // SQS may count a photo that has just started as visible.
    working: counts.inFlight === 0 ? 0 : Math.min(inService, Math.ceil(backlog / held)),
    memory: { flow: flow.memory, waiting },
  };
}
