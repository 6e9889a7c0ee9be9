/** Figures and reasons in words. */

export const number = (value) => (value === null || value === undefined ? '-' : String(value));
export function seconds(value) {
  const whole = Math.round(value);
  if (whole < 100) return `${whole} s`;
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
}

/** What a decision did and why, from its own figures. */
export function reasonInWords({ reason, desired, visible, inFlight, inService, pending, need, max, min }) {
  const backlog = visible === null || inFlight === null ? 'the backlog' : `${visible + inFlight} photos`;
  const wanted = need === null || need === undefined ? '' : `, the work needs ${need}`;
  switch (reason) {
    case 'scale-out':
      return `up to ${number(desired)} for ${backlog}`;
    case 'scale-in':
      return `down to ${number(desired)}: ${backlog} left`;
    case 'steady':
      return `${number(desired)} is right for ${backlog}`;
    case 'cooling-out':
      return `waits before it grows again${wanted}`;
    case 'cooling-in':
      return `waits before it shrinks${wanted}`;
    case 'at-max':
      return `${backlog}, and the fleet may not exceed ${number(max)}`;
    case 'at-min':
      return `the fleet may not fall below ${number(min)}`;
    case 'shortage':
      return `${number(desired)} asked for and not given: asks for no more${wanted}`;
    case 'over-budget':
      return `today's spending has reached its limit: does not grow${wanted}`;
    case 'paused':
      return `somebody has paused scaling: holds${wanted}`;
    case 'doubtful':
      return 'photos are gone that nobody finished: holds until the counts agree';
    case 'blind':
      return `could not see ${inService === null && pending === null ? 'the fleet' : 'the queue'}: holds`;
    default:
      return '';
  }
}

/** Colour of a lifecycle state. */
export const stateClass = (state) =>
  state.startsWith('Pending') ? 'pending' : state.startsWith('Terminat') ? 'draining' : 'in-service';

/** The tiles: what somebody wants to know at first sight. */
export function summary({ photos, timeline, waits }) {
  const now = timeline.at(-1);
  const sorted = waits.map((wait) => wait.seconds).sort((a, b) => a - b);
  const mean = sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
  const p95 = sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * 0.95) - 1)];
  const wait = (value) => (sorted.length > 0 ? `${value.toFixed(value < 10 ? 1 : 0)} s` : '-');
  return [
    { name: 'coloured', value: number(photos.coloured), note: `of ${photos.submitted}`, kind: 'good' },
    { name: 'failed', value: number(photos.failed), note: 'with a reason' },
    ...(photos.lost > 0 ? [{ name: 'lost', value: number(photos.lost), kind: 'bad' }] : []),
    { name: 'waiting', value: number(now?.visible), note: `${number(now?.inFlight)} in work` },
    { name: 'in service', value: number(now?.inService), note: `${number(now?.desired)} desired` },
    { name: 'mean wait', value: wait(mean) },
    { name: '95 % wait', value: wait(p95) },
  ];
}
