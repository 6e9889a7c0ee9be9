/**
 * What a tick publishes for others, in the item that it writes anyway: enough to say how long a photo will wait.
 *
 * Of the numbers behind the decision, not of the decision: in a dry run too it says what is there.
 */
import type { View } from '../../contract/view.ts';
import { comingOf } from './policy/capacity.ts';
import type { PolicyMemory } from './policy/decision.ts';
import type { TickRecord } from './tick.ts';

type Look = View['history'][number];

/** Epoch seconds, to the millisecond. */
const rounded = (at: number) => Math.round(at * 1000) / 1000;

const lookOf = ({ at, visible, inFlight, completed }: TickRecord): Look | undefined =>
  visible === null || inFlight === null
    ? undefined
    : { at: rounded(at), backlog: visible + inFlight, completed: completed ?? null };

/** Photos that have come by a look, from some start on; where nobody tells what was finished, all that it says. */
const comeBy = ({ backlog, completed }: Look) =>
  completed === null ? `${backlog} there` : backlog + completed;

/** Looks that are told: a quarter of an hour of busy ticks, and no more than a reader needs. */
const MOST_LOOKS = 30;

/**
 * Looks that saw something, oldest first, back to where clock or counters began anew. Of looks between which no photo came
 * only the first and the last are kept: a quiet night takes two.
 */
function historyOf(recent: TickRecord[]): Look[] {
  const looks: Look[] = [];
  for (const record of recent.toReversed()) {
    const look = record.reason === 'inconsistent-metrics' ? undefined : lookOf(record);
    if (!look) continue;
    const [later, latest] = [looks.at(-1), looks.at(-2)];
    // Of two at the same instant the second one knows more.
    if (later?.at === look.at) continue;
    if (later && look.at > later.at) break;
    if (later && (look.completed ?? 0) > (later.completed ?? Infinity)) break;
    if (later && latest && comeBy(look) === comeBy(later) && comeBy(later) === comeBy(latest)) looks.pop();
    else if (looks.length === MOST_LOOKS) break;
    looks.push(look);
  }
  return looks.reverse();
}

/**
 * @param recent latest ticks, oldest first; the last one is the one to publish
 * @param policy what is remembered after it
 * @returns undefined where it saw nothing, or what it saw contradicts itself: the view before it stays, with its own time
 */
export function viewOf(recent: TickRecord[], policy: PolicyMemory, tickSeconds: number): View | undefined {
  const record = recent.at(-1);
  if (!record || record.reason === 'metrics-unavailable' || record.reason === 'inconsistent-metrics')
    return undefined;
  const { at, visible, inFlight, inService, desired, unfulfilled = 0, calculation } = record;
  if (visible === null || inFlight === null || inService === null || desired === null) return undefined;
  const capacity = policy.slo?.capacity;
  const expected = Math.max(0, desired - inService - unfulfilled);
  return {
    at: rounded(at),
    tickSeconds,
    visible,
    inFlight,
    inService,
    coming:
      capacity && calculation
        ? comingOf(capacity, at, calculation.bootSeconds, expected).map(({ count, readyAt }) => ({
            count,
            readyAt: rounded(readyAt),
          }))
        : [],
    arrivalsPerSecond: calculation?.rate ?? null,
    serviceSeconds: calculation?.serviceSeconds ?? null,
    bootSeconds: calculation?.bootSeconds ?? null,
    history: historyOf(recent),
  };
}
