/**
 * What a tick publishes for other readers, in the item that it writes anyway: enough to estimate a photo's wait.
 *
 * It shows what was measured, not what was decided, and so is right in a dry run too.
 */
import type { Reason } from '../../contract/reasons.ts';
import type { View } from '../../contract/view.ts';
import { comingOf, GUESS_BOOTS, type CapacityMemory } from './policy/capacity.ts';
import type { Controls } from './policy/controls.ts';
import type { BulkMemory } from './policy/bulk/bulk.ts';
import type { BulkCalculation, PolicyMemory } from './policy/decision.ts';
import { instancesForQueue, marginAt } from './policy/sizing.ts';
import type { TickRecord } from './ports.ts';

type HistoryEntry = View['history'][number];

/** Weight of the first guess of a boot, in boots, among the logarithms of measured ones. */
const GUESS_WEIGHT = 0.4;
/** Entries of the history at most: a quarter of an hour of busy ticks. */
const MOST_ENTRIES = 30;

/** Epoch seconds, to the millisecond. */
const rounded = (at: number) => Math.round(at * 1000) / 1000;

const entryOf = ({ at, visible, inFlight, completed }: TickRecord): HistoryEntry | undefined =>
  visible === null || inFlight === null
    ? undefined
    : { at: rounded(at), backlog: visible + inFlight, completed: completed ?? null };

/** Equal for two entries between which no photo arrived; without reports only while the backlog is the same. */
const arrivedBy = ({ backlog, completed }: HistoryEntry) =>
  completed === null ? `${backlog} there` : backlog + completed;

/**
 * Ticks that read the queue, oldest first, back to where clock or counters started again. Of those between which no photo
 * arrived only the first and the last are kept: a quiet night takes two.
 */
function historyOf(recent: TickRecord[]): HistoryEntry[] {
  const entries: HistoryEntry[] = [];
  for (const record of recent.toReversed()) {
    const entry = record.reason === 'inconsistent-metrics' ? undefined : entryOf(record);
    if (!entry) continue;
    const [later, latest] = [entries.at(-1), entries.at(-2)];
    // Of two at the same instant the second one is newer.
    if (later?.at === entry.at) continue;
    if (later && entry.at > later.at) break;
    if (later && (entry.completed ?? 0) > (later.completed ?? Infinity)) break;
    const isQuiet =
      later && latest && arrivedBy(entry) === arrivedBy(later) && arrivedBy(later) === arrivedBy(latest);
    if (isQuiet) entries.pop();
    else if (entries.length === MOST_ENTRIES) break;
    entries.push(entry);
  }
  return entries.reverse();
}

/**
 * Boot time for readers. The rule's own is a mean with the first guess as one boot of it, and after a few boots of 10 s a guess of 120 s still
 * doubles it. Here the logarithms are averaged, and the guess counts as less than half a boot: it is further off than one boot is.
 *
 * @param ruled the rule's boot time, seconds
 */
function bootForReaders({ boots, bootSeconds }: CapacityMemory, ruled: number): number {
  const guess = ruled * (boots + GUESS_BOOTS) - bootSeconds;
  if (boots === 0 || bootSeconds <= 0 || guess <= 0) return ruled;
  const measured = Math.log(bootSeconds / boots);
  return Math.exp((boots * measured + GUESS_WEIGHT * Math.log(guess)) / (boots + GUESS_WEIGHT));
}

/** Reasons for which no tick requests more, whatever waits. */
const HELD: Reason[] = ['shortage', 'boot-failure', 'paused', 'over-budget'];

/** The need as a line in the photos that will wait, by the rule's own formulas. */
function sizingOf({ calculation, desired, max, reason }: TickRecord): View['sizing'] {
  if (!calculation || desired === null || max === null || HELD.includes(reason)) return undefined;
  const { load, price, batch, mostBelow, serviceSeconds, bootSeconds } = calculation;
  return {
    desired,
    beside: load + marginAt(price, batch, mostBelow),
    perQueued: instancesForQueue(1, price, serviceSeconds, bootSeconds),
    max,
  };
}

function bulkOf(
  counts: NonNullable<TickRecord['bulk']>,
  calculation: BulkCalculation | undefined,
  memory: BulkMemory | undefined,
): View['bulk'] {
  return {
    ...counts,
    ...(calculation && { serviceSeconds: calculation.serviceSeconds }),
    ...(memory && { waiting: memory.waiting.map(({ at, count }) => ({ at: rounded(at), count })) }),
  };
}

/** @param controls that are active @returns undefined while an instance is requested for what waits */
export function stopOf({ dryRun, pauseScaleOut, ceiling }: Controls, overBudget: boolean): View['stopped'] {
  if (dryRun) return 'dry-run';
  if (pauseScaleOut) return 'paused';
  if (ceiling?.instances === 0) return 'ceiling';
  return overBudget ? 'over-budget' : undefined;
}

/**
 * @param recent latest ticks, oldest first; the last one is published
 * @param policy the memory after it
 * @param stopped why no instance is requested, if none is
 * @returns undefined where it read nothing, or counts that contradict each other: the earlier view stays, with its time
 */
export function viewOf(
  recent: TickRecord[],
  policy: PolicyMemory,
  tickSeconds: number,
  stopped?: View['stopped'],
): View | undefined {
  const record = recent.at(-1);
  if (!record || record.reason === 'metrics-unavailable' || record.reason === 'inconsistent-metrics')
    return undefined;
  const { at, visible, inFlight, inService, desired, unfulfilled = 0, calculation } = record;
  if (visible === null || inFlight === null || inService === null || desired === null) return undefined;
  const capacity = policy.slo?.capacity;
  const expected = Math.max(0, desired - inService - unfulfilled);
  const bootSeconds = capacity && calculation ? bootForReaders(capacity, calculation.bootSeconds) : null;
  const sizing = stopped ? undefined : sizingOf(record);
  const coming = capacity && bootSeconds !== null ? comingOf(capacity, at, bootSeconds, expected) : [];
  return {
    at: rounded(at),
    tickSeconds,
    visible,
    inFlight,
    inService,
    coming: coming.map(({ count, readyAt }) => ({ count, readyAt: rounded(readyAt) })),
    arrivalsPerSecond: calculation?.rate ?? null,
    serviceSeconds: calculation?.serviceSeconds ?? null,
    bootSeconds,
    bootsMeasured: capacity?.boots ?? 0,
    photosMeasured: policy.slo?.flow?.completed ?? 0,
    ...(sizing && { sizing }),
    ...(stopped && { stopped }),
    ...(record.sidelined && { sidelined: record.sidelined }),
    ...(record.bulk && { bulk: bulkOf(record.bulk, calculation?.bulk, policy.bulk) }),
    history: historyOf(recent),
  };
}
