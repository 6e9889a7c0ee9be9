/** Seconds to the next tick: sooner where one can save instances, later while the fleet sleeps, and no more in a month than at the fixed pace. */
import { comingOf, type CapacityMemory } from './capacity.ts';
import type { CadenceMemory, Calculation, Decision } from './decision.ts';
import type { Observation } from './observation.ts';

/** Between fast ticks, seconds: what workers report is up to 5 s old. */
export const FAST_SECONDS = 5;
/** Between the ticks of a fleet that sleeps, seconds: those of the schedule itself. A photo wakes it at once. */
export const ASLEEP_SECONDS = 60;
/** After it fell asleep, at the usual pace, seconds: until SQS counts what arrived meanwhile, and each photo finds that it sleeps. */
const SETTLING_SECONDS = 120;
/** Ticks that may be saved up: what a day asleep saves at a tick of 30 s. */
export const MOST_SAVED = 1440;
/** At the start. */
const FIRST_SAVED = 120;

/** @returns seconds to the next tick, and the memory after this one */
export function nextTick(
  seen: Observation,
  decision: Decision,
  before: CadenceMemory | undefined,
  usualSeconds: number,
): { seconds: number; memory: CadenceMemory } {
  const { at } = seen;
  const since = before ? Math.max(0, at - before.at) : usualSeconds;
  const earned = (before?.saved ?? FIRST_SAVED) + since / usualSeconds - 1;
  const saved = Math.min(MOST_SAVED, Math.max(0, earned));
  const wanted = wantedSeconds(seen, decision, usualSeconds);
  const seconds = wanted < usualSeconds && saved < 1 ? usualSeconds : wanted;
  return { seconds, memory: { at, saved } };
}

function wantedSeconds(seen: Observation, { desired, memory, calculation }: Decision, usual: number): number {
  const { at, visible, inFlight, inService, pending, draining, min } = seen;
  const { slo, lastInAt = -Infinity } = memory;
  if (min > 0 || !slo || !calculation) return usual;
  if (desired + inService + pending + draining + visible + inFlight === 0) {
    return at - lastInAt < SETTLING_SECONDS ? usual : Math.max(usual, ASLEEP_SECONDS);
  }
  if (desired === 0) return usual;
  const { emptyAt = at + secondsOfWork(seen, slo.capacity, calculation, desired) } = slo.sleep ?? {};
  const { workSeconds = 0 } = calculation.bulk ?? {};
  const sleepsIn = Math.max(emptyAt + (calculation.keepSeconds ?? 0) - at, workSeconds / desired);
  return Math.min(usual, Math.max(FAST_SECONDS, sleepsIn));
}

/** Seconds until the queue is empty if nothing arrives: a boot that is under way, and the backlog. */
function secondsOfWork(
  { at, visible, inFlight, inService }: Observation,
  capacity: CapacityMemory,
  { serviceSeconds, bootSeconds }: Calculation,
  desired: number,
): number {
  const [first] = comingOf(capacity, at, bootSeconds, desired - inService);
  // Boots vary: half of one may be enough.
  const boot = inService > 0 || !first ? 0 : Math.max(0, first.readyAt - at - bootSeconds / 2);
  return boot + ((visible + inFlight) * serviceSeconds) / desired;
}
