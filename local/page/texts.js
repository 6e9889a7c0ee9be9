/** Formats figures and scaling decisions for the page. */

/** A photo's key without the folder of the interactive lane. */
export const nameOf = (key) => (key.startsWith('incoming/') ? key.slice('incoming/'.length) : key);

export const number = (value) => (value === null || value === undefined ? '-' : String(value));
export function seconds(value) {
  const whole = Math.round(value);
  if (whole < 100) return `${whole} s`;
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
}

/** Describes a decision by its reason and figures. */
export function describeDecision({
  reason,
  desired,
  visible,
  inFlight,
  inService,
  pending,
  needed,
  max,
  min,
}) {
  const backlog = visible === null || inFlight === null ? 'unknown backlog' : `${visible + inFlight} photos`;
  const suffix = needed === null || needed === undefined ? '' : `, needed: ${needed}`;
  switch (reason) {
    case 'scale-out':
      return `to ${number(desired)}, backlog ${backlog}`;
    case 'bulk-deadline':
      return `to ${number(desired)} for the deadline of the bulk photos`;
    case 'scale-in':
      return `to ${number(desired)}, backlog ${backlog}`;
    case 'steady':
      return `stays at ${number(desired)}, backlog ${backlog}`;
    case 'scale-out-cooldown':
      return `scale-out waits for its cooldown${suffix}`;
    case 'scale-in-cooldown':
      return `scale-in waits for its cooldown${suffix}`;
    case 'at-max':
      return `at the maximum of ${number(max)}, backlog ${backlog}`;
    case 'at-min':
      return `at the minimum of ${number(min)}`;
    case 'shortage':
      return `no capacity at EC2: desired stays at ${number(desired)}${suffix}`;
    case 'boot-failure':
      return `instances never come into service: one at a time, desired ${number(desired)}${suffix}`;
    case 'over-budget':
      return `daily budget spent: does not scale out${suffix}`;
    case 'paused':
      return `scaling is paused by the operator${suffix}`;
    case 'inconsistent-metrics':
      return 'photos left the queue without an outcome: waits until the counts agree';
    case 'metrics-unavailable':
      return `cannot read the ${inService === null && pending === null ? 'fleet' : 'queue'}: fleet unchanged`;
    default:
      return '';
  }
}

/** CSS class of a lifecycle state. */
export function stateClass(state) {
  if (state === 'Warmed:Stopped') return 'stopped';
  if (/Pending/.test(state)) return 'pending';
  return /Terminat/.test(state) ? 'draining' : 'in-service';
}

const fleetNote = (now) =>
  `${number(now?.desired)} desired${now?.onDemand > 0 ? `, ${now.onDemand} on demand` : ''}`;

/** Tiles at the top of the page. */
export function summary({ photos, timeline, waits }) {
  const now = timeline.at(-1);
  const sorted = waits.map((wait) => wait.seconds).sort((a, b) => a - b);
  const mean = sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
  const p95 = sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * 0.95) - 1)];
  const wait = (value) => (sorted.length > 0 ? `${value.toFixed(value < 10 ? 1 : 0)} s` : '-');
  return [
    { name: 'coloured', value: number(photos.succeeded), note: `of ${photos.submitted}`, kind: 'good' },
    { name: 'failed', value: number(photos.failed), note: 'with a reason' },
    ...(photos.lost > 0 ? [{ name: 'lost', value: number(photos.lost), kind: 'bad' }] : []),
    { name: 'waiting', value: number(now?.visible), note: `${number(now?.inFlight)} in flight` },
    { name: 'in service', value: number(now?.inService), note: fleetNote(now) },
    ...(now?.stopped > 0 ? [{ name: 'stopped', value: number(now.stopped), note: 'warm pool' }] : []),
    { name: 'mean wait', value: wait(mean) },
    { name: 'p95 wait', value: wait(p95) },
  ];
}
