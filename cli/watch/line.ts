/** A status on one line, for output that is not a terminal. */
import { activeControls } from '../shared/controls.ts';
import { isStale } from '../shared/scaler-memory.ts';
import { missingOf, valueOf, type StatusParts } from '../status/parts.ts';
import { clockTime, known, UNKNOWN } from '../shared/format.ts';

/** @returns the text without the time, so that an unchanged status gives the same text */
export function statusLine(parts: StatusParts, now: number): { time: string; text: string } {
  const queue = valueOf(parts.queue);
  const bulk = valueOf(parts.bulk);
  const fleet = valueOf(parts.fleet);
  const memory = valueOf(parts.memory);
  const last = memory?.recent.at(-1);
  const inAlarm = valueOf(parts.alarms)?.filter(({ state }) => state === 'ALARM');
  const controls = memory?.controls ? activeControls(memory.controls, now) : [];
  const missing = missingOf(parts).flatMap(({ what }) => what);
  const decision = last
    ? `tick ${clockTime(last.at, now)} ${last.reason}${isStale(now - last.at, memory?.tickSeconds) ? ' (OLD)' : ''}`
    : memory
      ? 'no tick yet'
      : `tick ${UNKNOWN}`;
  const text = [
    `waiting ${known(queue?.waiting)}${queue?.sidelined ? ` (${queue.sidelined} sidelined)` : ''}, in flight ${known(queue?.inFlight)}, dead letters ${known(valueOf(parts.deadLetters))}`,
    ...(bulk ? [`bulk waiting ${bulk.waiting}, in flight ${bulk.inFlight}`] : []),
    fleet
      ? `fleet ${fleet.inService} of ${fleet.desired} in service, ${fleet.pending} pending, ${fleet.draining} draining`
      : `fleet ${UNKNOWN}`,
    decision,
    ...(controls.length > 0 ? [`controls ${controls.map(({ name }) => name).join(', ')}`] : []),
    inAlarm
      ? `alarms ${inAlarm.length}${inAlarm.map(({ name }) => ` ${name}`).join('')}`
      : `alarms ${UNKNOWN}`,
    ...(missing.length > 0 ? [`not read: ${missing.join(', ')}`] : []),
  ];
  return { time: clockTime(now, now), text: text.join('  ') };
}
