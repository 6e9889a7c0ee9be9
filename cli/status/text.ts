/** A status as text: a pure function of what was read. */
import { ALARMS, alarmPrefix, type AlarmId } from '../../contract/alarms.ts';
import { controlText, activeControls } from '../shared/controls.ts';
import { decisionsOf, isChange, type DecisionRun } from '../shared/decisions.ts';
import type { StackName } from '../shared/deployment.ts';
import { REASON_TEXTS } from '../../contract/reasons.ts';
import { isStale, spentToday, type ScalerMemory } from '../shared/scaler-memory.ts';
import { clockTime, columns, count, known, span, UNKNOWN, usd, utc } from '../shared/format.ts';
import { missingOf, valueOf, type Alarm, type StatusParts } from './parts.ts';

/** Decisions that are shown: as many as fit below the rest on one screen. */
export const DECISIONS = 8;

/** What an alarm is of ours; null for one of another version. */
export function textOf(name: string, stage: string) {
  const id = name.slice(alarmPrefix(stage).length);
  return Object.hasOwn(ALARMS, id)
    ? { id: id as AlarmId, ...ALARMS[id as AlarmId] }
    : { id, meaning: null, action: null };
}

export const runbook = (id: string) => `docs/runbook.md#${id}`;

/** One screen. @param now epoch seconds */
export function statusLines(parts: StatusParts, { stage, stack, region }: StackName, now: number): string[] {
  const memory = valueOf(parts.memory);
  const rows = [
    ['queue', queueText(parts)],
    ['fleet', fleetText(parts)],
    ['scaler', scalerWords(memory, now)],
    ...controlRows(memory, now),
    ['today', spendingWords(memory, now)],
    ['alarms', alarmSummary(valueOf(parts.alarms))],
  ];
  const missing = missingOf(parts).map(({ what, why }) => `  ${what.join(', ')}: ${why}`);
  return [
    `Stage ${stage} (${stack}, ${region}) at ${utc(now)}`,
    '',
    ...columns(rows),
    ...(valueOf(parts.alarms) ?? []).flatMap((alarm) => alarmLines(alarm, stage, now)),
    ...(memory?.troubles ?? []).map((trouble) => `  ! ${trouble}`),
    ...(memory && memory.recent.length > 0
      ? ['', 'Decisions, latest first (UTC)', ...decisionLines(memory, now)]
      : []),
    ...(missing.length > 0 ? ['', 'Could not be read', ...missing] : []),
  ];
}

export function queueText(parts: StatusParts): string {
  const queue = valueOf(parts.queue);
  const oldest = valueOf(parts.oldest);
  const dead = valueOf(parts.deadLetters);
  return [
    `${known(queue?.waiting)} waiting`,
    `${known(queue?.inFlight)} in flight`,
    // SQS says nothing of the age of what is not there.
    ...(queue?.waiting === 0
      ? []
      : [
          oldest === undefined || oldest === null ? 'for how long unknown' : `the oldest for ${span(oldest)}`,
        ]),
    `${known(dead)} given up (dead letters)`,
  ].join(', ');
}

export function fleetText(parts: StatusParts): string {
  const fleet = valueOf(parts.fleet);
  if (!fleet) return UNKNOWN;
  const { desired, inService, pending, draining, min, max } = fleet;
  return `${desired} desired (minimum ${min}, maximum ${max}): ${inService} in service, ${pending} pending, ${draining} draining`;
}

function scalerWords(memory: ScalerMemory | undefined, now: number): string {
  const last = memory?.recent.at(-1);
  if (!memory) return UNKNOWN;
  if (!last) return 'it has not decided anything yet';
  const age = now - last.at;
  const words = `last tick ${span(age)} ago: ${REASON_TEXTS[last.reason].short} (${last.reason})`;
  return isStale(age, memory.tickSeconds)
    ? `NOBODY IS SIZING THE FLEET, ${words}; ${runbook('no-tick')}`
    : words;
}

function controlRows(memory: ScalerMemory | undefined, now: number): string[][] {
  if (!memory) return [['controls', UNKNOWN]];
  if (!memory.controls) return [['controls', 'cannot be understood']];
  const held = activeControls(memory.controls, now).map((control) => controlText(control, now));
  return (held.length > 0 ? held : ['none']).map((words, k) => [k === 0 ? 'controls' : '', words]);
}

function spendingWords(memory: ScalerMemory | undefined, now: number): string {
  const spending = memory && spentToday(memory, now);
  if (!spending) return UNKNOWN;
  const { today, perHour, at } = spending;
  return `${usd(today)} since midnight UTC, ${usd(perHour)} an hour now (list prices, ${span(now - at)} ago)`;
}

function alarmSummary(alarms: Alarm[] | undefined): string {
  if (!alarms) return UNKNOWN;
  if (alarms.length === 0) return 'there are none by this stage’s name';
  const silent = alarms.filter(({ state }) => state === 'INSUFFICIENT_DATA').map(({ name }) => name);
  const ringing = alarms.filter(({ state }) => state === 'ALARM').length;
  const unknown = silent.length > 0 ? `, ${silent.length} without data` : '';
  return `${ringing} of ${alarms.length} in ALARM${unknown}`;
}

function alarmLines({ name, state, since }: Alarm, stage: string, now: number): string[] {
  if (state !== 'ALARM') return [];
  const { id, meaning, action } = textOf(name, stage);
  const at = Number.isFinite(since) ? clockTime(since, now) : UNKNOWN;
  const text =
    meaning === null ? ['what it means is not known to this version'] : [meaning, action, runbook(id)];
  return [`            ALARM ${name}, since ${at}`, ...text.map((line) => `              ${line}`)];
}

function decisionLines(memory: ScalerMemory, now: number): string[] {
  return columns(
    decisionsOf(memory.recent, DECISIONS).map((run) => {
      const { reason, from, until, ticks, needed } = run;
      const alone = ticks === 1;
      const time = alone ? clockTime(from, now) : `${clockTime(from, now)} to ${clockTime(until, now)}`;
      const asked = needed === null ? '' : `; the work needs ${needed}`;
      const words = `${REASON_TEXTS[reason].short}${asked}`;
      return [time, alone ? '' : count(ticks, 'tick'), sizeWords(run), reason, words];
    }),
  );
}

function sizeWords(run: DecisionRun): string {
  if (!isChange(run)) return `stays ${known(run.desired)}`;
  return `${run.before === null ? 'to' : `${run.before} ->`} ${known(run.desired)}`;
}
