/**
 * What a tick publishes for others, in the item that it writes anyway: enough to say how long a photo will wait.
 *
 * Of the numbers behind the decision, not of the decision: in a dry run too it says what is there.
 */
import type { View } from '../../contract/view.ts';
import { comingOf } from './policy-capacity.ts';
import type { PolicyMemory } from './policy.ts';
import type { TickRecord } from './tick.ts';

type Look = View['history'][number];

/** Epoch seconds, to the millisecond. */
const rounded = (at: number) => Math.round(at * 1000) / 1000;

const lookOf = ({ at, visible, inFlight, completed }: TickRecord): Look | undefined =>
  visible === null || inFlight === null
    ? undefined
    : { at: rounded(at), backlog: visible + inFlight, completed: completed ?? null };

const same = (a: Look | undefined, b: Look) => a?.backlog === b.backlog && a.completed === b.completed;

/**
 * Looks that saw something, oldest first, back to where clock or counters began anew. Of looks that say the same as those
 * on either side only the outer ones are kept: a quiet night takes two.
 */
function historyOf(recent: TickRecord[]): Look[] {
  const looks: Look[] = [];
  for (const record of recent.toReversed()) {
    const look = record.reason === 'doubtful' ? undefined : lookOf(record);
    if (!look) continue;
    const later = looks.at(-1);
    // Of two at the same instant the second one knows more.
    if (later?.at === look.at) continue;
    if (later && look.at > later.at) break;
    if (later && (look.completed ?? 0) > (later.completed ?? Infinity)) break;
    if (later && same(look, later) && same(looks.at(-2), later)) looks.pop();
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
  if (!record || record.reason === 'blind' || record.reason === 'doubtful') return undefined;
  const { at, visible, inFlight, inService, desired, short = 0, reckoning } = record;
  if (visible === null || inFlight === null || inService === null || desired === null) return undefined;
  const capacity = policy.slo?.capacity;
  const expected = Math.max(0, desired - inService - short);
  return {
    at: rounded(at),
    tickSeconds,
    visible,
    inFlight,
    inService,
    coming:
      capacity && reckoning
        ? comingOf(capacity, at, reckoning.bootSeconds, expected).map(({ count, readyAt }) => ({
            count,
            readyAt: rounded(readyAt),
          }))
        : [],
    arrivalsPerSecond: reckoning?.rate ?? null,
    serviceSeconds: reckoning?.serviceSeconds ?? null,
    bootSeconds: reckoning?.bootSeconds ?? null,
    history: historyOf(recent),
  };
}
