/** How long a photo will wait, from what the scaler published last. */
import type { View } from '../../contract/view.ts';

export interface Estimate {
  ahead: number | null;
  seconds: number | null;
  secondsAtMost: number | null;
}

const STALE_TICKS = 10;
const UNKNOWN: Estimate = { ahead: null, seconds: null, secondsAtMost: null };

/** Photos that had come by a time, counted from an unknown start: those there and those finished. */
function arrivedBy(looks: { at: number; arrived: number }[], at: number, rate: number): number {
  const first = looks[0]!;
  if (at <= first.at) return first.arrived - rate * (first.at - at);
  for (let k = 1; k < looks.length; k++) {
    const a = looks[k - 1]!;
    const b = looks[k]!;
    if (at <= b.at) return a.arrived + (Math.max(0, b.arrived - a.arrived - 1) * (at - a.at)) / (b.at - a.at);
  }
  return looks.at(-1)!.arrived;
}

export function estimateWait(
  view: View | undefined,
  { storedAt }: { storedAt: number },
  now: number,
): Estimate {
  if (!view || now - view.at > STALE_TICKS * view.tickSeconds) return UNKNOWN;
  const { serviceSeconds: S, inService: n, arrivalsPerSecond } = view;
  const rate = arrivalsPerSecond ?? 0;
  const backlog = view.visible + view.inFlight;
  const from = Math.max(view.at, storedAt);
  let ahead: number;
  const done = (a: number, b: number) => {
    if (S === null || b <= a) return 0;
    let sum = (n * (b - a)) / S;
    for (const { count, readyAt } of view.coming) sum += (count * Math.max(0, b - Math.max(a, readyAt))) / S;
    return sum;
  };
  if (storedAt <= view.at) {
    const looks = view.history
      .filter(({ completed }) => completed !== null)
      .map(({ at, backlog, completed }) => ({ at, arrived: backlog + (completed as number) }));
    if (looks.length > 0) {
      const last = looks.at(-1)!;
      ahead = backlog - (last.arrived - arrivedBy(looks, storedAt, rate));
    } else {
      ahead = backlog - rate * (view.at - storedAt);
    }
    ahead = Math.max(0, Math.min(backlog - 1, ahead));
  } else {
    const after = storedAt - view.at;
    ahead = backlog + rate * after - done(view.at, storedAt);
    ahead = Math.max(ahead, S === null ? 0 : Math.min(rate * S, n), 0);
  }
  const left = Math.max(0, Math.round(ahead - done(from, now)));
  if (S === null) return { ...UNKNOWN, ahead: left };
  // Starts: those of instances in service go on; each that comes takes one at once.
  const coming = view.coming.map(({ count, readyAt }) => ({ count, at: Math.max(readyAt, view.at) }));
  if (n === 0 && coming.length === 0) {
    if (view.bootSeconds === null) return { ...UNKNOWN, ahead: left };
    const ticks = Math.max(1, Math.ceil((now - view.at) / view.tickSeconds));
    coming.push({ count: 1, at: view.at + ticks * view.tickSeconds + view.bootSeconds });
  }
  let starts = n;
  let speed = n / S;
  let at = from;
  const wanted = ahead + 0.5;
  let start = Infinity;
  for (const next of [...coming, { count: 0, at: Infinity }]) {
    const then = Math.max(from, next.at);
    const by = speed > 0 || starts >= wanted ? at + (speed > 0 ? (wanted - starts) / speed : 0) : Infinity;
    if (by <= then) {
      start = by;
      break;
    }
    if (then === Infinity) break;
    starts += speed * (then - at) + next.count * 0.5;
    if (next.at < from) starts += (next.count * (from - next.at)) / S;
    speed += next.count / S;
    at = then;
    if (starts >= wanted) {
      start = then;
      break;
    }
  }
  const finish = Math.max(start, storedAt) + S;
  const seconds = Math.max(finish - now, S / 4);
  return { ahead: left, seconds, secondsAtMost: 1.5 * seconds + 2 * S };
}
