/** A status on one line, for where nothing is redrawn. */
import { activeControls } from '../shared/controls.ts';
import { isStale } from '../shared/scaler-memory.ts';
import { missingOf, valueOf, type StatusParts } from '../status/parts.ts';
import { clockTime, known, UNKNOWN } from '../shared/format.ts';

/** @returns what changes only with what is told, and the time apart from it */
export function statusLine(parts: StatusParts, now: number): { time: string; text: string } {
  const queue = valueOf(parts.queue);
  const fleet = valueOf(parts.fleet);
  const memory = valueOf(parts.memory);
  const last = memory?.recent.at(-1);
  const ringing = valueOf(parts.alarms)?.filter(({ state }) => state === 'ALARM');
  const controls = memory?.controls ? activeControls(memory.controls, now) : [];
  const missing = missingOf(parts).flatMap(({ what }) => what);
  const decision = last
    ? `tick ${clockTime(last.at, now)} ${last.reason}${isStale(now - last.at, memory?.tickSeconds) ? ' (OLD)' : ''}`
    : memory
      ? 'no tick yet'
      : `tick ${UNKNOWN}`;
  const text = [
    `waiting ${known(queue?.waiting)}, in flight ${known(queue?.inFlight)}, dead letters ${known(valueOf(parts.deadLetters))}`,
    fleet
      ? `fleet ${fleet.inService} of ${fleet.desired} in service, ${fleet.pending} pending, ${fleet.draining} draining`
      : `fleet ${UNKNOWN}`,
    decision,
    ...(controls.length > 0 ? [`controls ${controls.map(({ name }) => name).join(', ')}`] : []),
    ringing
      ? `alarms ${ringing.length}${ringing.map(({ name }) => ` ${name}`).join('')}`
      : `alarms ${UNKNOWN}`,
    ...(missing.length > 0 ? [`not read: ${missing.join(', ')}`] : []),
  ];
  return { time: clockTime(now, now), text: text.join('  ') };
}
