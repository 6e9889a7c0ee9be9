/** A status as text. */
import { ALARM_TEXTS, alarmPrefix, type AlarmId } from '../../contract/alarms.ts';
import { controlText, activeControls } from '../shared/controls.ts';
import { decisionsOf, isChange, type DecisionRun } from '../shared/decisions.ts';
import type { StackName } from '../shared/deployment.ts';
import { SIDELINED_WAIT_FACTOR } from '../../contract/lanes.ts';
import { REASON_TEXTS } from '../../contract/reasons.ts';
import { isStale, spentToday, type ScalerMemory } from '../shared/scaler-memory.ts';
import { lastStartText, sidelinedOutlook } from '../shared/sidelined.ts';
import { clockTime, columns, count, known, span, UNKNOWN, usd, utc } from '../shared/format.ts';
import { fleetOf, missingOf, valueOf, type Alarm, type PoolCounts, type StatusParts } from './parts.ts';

/** Decisions that fit below the rest on one screen. */
export const DECISIONS = 8;

/** The texts of an alarm; null for an alarm of another version. */
export function textOf(name: string, stage: string) {
  const id = name.slice(alarmPrefix(stage).length);
  if (!Object.hasOwn(ALARM_TEXTS, id)) return { id, meaning: null, action: null };
  const { meaning, action } = ALARM_TEXTS[id as AlarmId];
  return { id, meaning, action };
}

export const runbook = (id: string) => `docs/runbook.md#${id}`;

/** One screen. @param now epoch seconds */
export function statusLines(parts: StatusParts, { stage, stack, region }: StackName, now: number): string[] {
  const memory = valueOf(parts.memory);
  const rows = [
    ['queue', queueText(parts)],
    ...sidelinedRows(parts),
    ...bulkRows(parts, now),
    ['fleet', fleetText(parts)],
    ...poolRows(parts),
    ['scaler', scalerText(memory, now)],
    ...controlRows(memory, now),
    ['today', spendingText(memory, now)],
    ['alarms', alarmSummary(valueOf(parts.alarms))],
  ];
  const missing = missingOf(parts).map(({ what, why }) => `  ${what.join(', ')}: ${why}`);
  return [
    `Stage ${stage} (${stack}, ${region}) at ${utc(now)}`,
    '',
    ...columns(rows),
    ...(valueOf(parts.alarms) ?? []).flatMap((alarm) => alarmLines(alarm, stage, now)),
    ...(memory?.problems ?? []).map((problem) => `  ! ${problem}`),
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
  const { sidelined = 0 } = queue ?? {};
  return [
    `${known(queue?.waiting)} waiting`,
    `${known(queue?.inFlight)} in flight`,
    // SQS has no age for an empty queue.
    ...(queue && queue.waiting === sidelined ? [] : [ageText('the oldest', oldest?.first)]),
    `${known(dead)} dead letters`,
  ].join(', ');
}

/** The interactive lane's second queue; no row while it is empty. */
function sidelinedRows(parts: StatusParts): string[][] {
  const { waiting = 0, sidelined = 0 } = valueOf(parts.queue) ?? {};
  if (sidelined === 0) return [];
  const last = lastStartText(
    sidelinedOutlook({
      ...{ waiting, sidelined, bulkWaiting: valueOf(parts.bulk)?.waiting ?? 0 },
      inService: valueOf(parts.fleet)?.inService ?? 0,
      // As the scaler's last tick measured it.
      serviceSeconds: valueOf(parts.memory)?.recent.at(-1)?.calculation?.serviceSeconds,
    }),
  );
  const facts = [
    `${sidelined} of these`,
    ageText('the oldest', valueOf(parts.oldest)?.sidelined),
    `1 of ${SIDELINED_WAIT_FACTOR} starts while others wait`,
    ...(last === undefined ? [] : [`the last starts ${last}`]),
  ];
  return [['  sidelined', facts.join(', ')]];
}

const ageText = (which: string, seconds: number | null | undefined) =>
  seconds === undefined || seconds === null ? `age of ${which} unknown` : `${which} waits ${span(seconds)}`;

/** The bulk lane; no row in a stage without it. */
function bulkRows(parts: StatusParts, now: number): string[][] {
  const bulk = valueOf(parts.bulk);
  if (bulk === null) return [];
  // As the scaler's last tick found it.
  const { dueAt } = valueOf(parts.memory)?.recent.at(-1)?.bulk ?? {};
  const due =
    dueAt === undefined
      ? ''
      : dueAt < now
        ? `, the oldest was due ${span(now - dueAt)} ago`
        : `, the oldest is due in ${span(dueAt - now)}`;
  return [['bulk', `${known(bulk?.waiting)} waiting, ${known(bulk?.inFlight)} in flight${due}`]];
}

const countsText = ({ inService, pending, draining }: PoolCounts) =>
  `${inService} in service, ${pending} pending, ${draining} draining`;

export function fleetText(parts: StatusParts): string {
  const fleet = fleetOf(parts);
  if (!fleet) return UNKNOWN;
  const limits = `minimum ${known(fleet.min)}, maximum ${known(fleet.max)}`;
  return `${fleet.desired} desired (${limits}): ${countsText(fleet)}`;
}

/** Rows of the two pools; stopped instances as the scaler's last tick found them. */
function poolRows(parts: StatusParts): string[][] {
  const { pools } = valueOf(parts.fleet) ?? {};
  if (!pools) return [];
  const stopped = valueOf(parts.memory)?.recent.at(-1)?.pools?.stopped;
  const text = (pool: PoolCounts) => `${pool.desired} desired: ${countsText(pool)}`;
  return [
    ['  Spot', text(pools.spot)],
    ['  on demand', `${text(pools.onDemand)}, ${known(stopped)} stopped`],
  ];
}

function scalerText(memory: ScalerMemory | undefined, now: number): string {
  const last = memory?.recent.at(-1);
  if (!memory) return UNKNOWN;
  if (!last) return 'no decision yet';
  const age = now - last.at;
  const text = `last tick ${span(age)} ago: ${REASON_TEXTS[last.reason].short} (${last.reason})`;
  return isStale(age, memory.tickSeconds) ? `THE SCALER HAS STOPPED, ${text}; ${runbook('no-tick')}` : text;
}

function controlRows(memory: ScalerMemory | undefined, now: number): string[][] {
  if (!memory) return [['controls', UNKNOWN]];
  if (!memory.controls) return [['controls', 'invalid']];
  const active = activeControls(memory.controls, now).map((control) => controlText(control, now));
  return (active.length > 0 ? active : ['none']).map((text, k) => [k === 0 ? 'controls' : '', text]);
}

function spendingText(memory: ScalerMemory | undefined, now: number): string {
  const spending = memory && spentToday(memory, now);
  if (!spending) return UNKNOWN;
  const { today, perHour, at } = spending;
  return `${usd(today)} since midnight UTC, ${usd(perHour)} an hour now (list prices, ${span(now - at)} ago)`;
}

function alarmSummary(alarms: Alarm[] | undefined): string {
  if (!alarms) return UNKNOWN;
  if (alarms.length === 0) return 'none has this stage’s name';
  const withoutData = alarms.filter(({ state }) => state === 'INSUFFICIENT_DATA').map(({ name }) => name);
  const inAlarm = alarms.filter(({ state }) => state === 'ALARM').length;
  const unknown = withoutData.length > 0 ? `, ${withoutData.length} without data` : '';
  return `${inAlarm} of ${alarms.length} in ALARM${unknown}`;
}

function alarmLines({ name, state, since }: Alarm, stage: string, now: number): string[] {
  if (state !== 'ALARM') return [];
  const { id, meaning, action } = textOf(name, stage);
  const at = Number.isFinite(since) ? clockTime(since, now) : UNKNOWN;
  const text = meaning === null ? ['unknown to this version'] : [meaning, action, runbook(id)];
  return [`            ALARM ${name}, since ${at}`, ...text.map((line) => `              ${line}`)];
}

function decisionLines(memory: ScalerMemory, now: number): string[] {
  return columns(
    decisionsOf(memory.recent, DECISIONS).map((run) => {
      const { reason, from, until, ticks, needed } = run;
      const alone = ticks === 1;
      const time = alone ? clockTime(from, now) : `${clockTime(from, now)} to ${clockTime(until, now)}`;
      const need = needed === null ? '' : `; needed ${needed}`;
      const text = `${REASON_TEXTS[reason].short}${need}`;
      return [time, alone ? '' : count(ticks, 'tick'), sizeText(run), reason, text];
    }),
  );
}

function sizeText(run: DecisionRun): string {
  if (!isChange(run)) return `stays ${known(run.desired)}`;
  return `${run.before === null ? 'to' : `${run.before} ->`} ${known(run.desired)}`;
}
