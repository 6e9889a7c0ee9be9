/** A status as JSON; what could not be read is null. */
import { controlJson, activeControls } from '../shared/controls.ts';
import { decisionsOf, type DecisionRun } from '../shared/decisions.ts';
import { REASON_TEXTS } from '../../contract/reasons.ts';
import { isStale, spentToday } from '../shared/scaler-memory.ts';
import { isoOf } from '../shared/format.ts';
import { fleetOf, missingOf, valueOf, type Alarm, type StatusParts } from './parts.ts';
import type { StackName } from '../shared/deployment.ts';
import { DECISIONS, runbook, textOf } from './text.ts';

/** @param now epoch seconds */
export function statusJson(parts: StatusParts, { stage, stack, region }: StackName, now: number) {
  const memory = valueOf(parts.memory);
  const queue = valueOf(parts.queue);
  const oldest = valueOf(parts.oldest);
  const spending = memory && spentToday(memory, now);
  const last = memory?.recent.at(-1);
  const bulk = valueOf(parts.bulk);
  const { dueAt } = last?.bulk ?? {};
  return {
    command: 'status',
    stage,
    stack,
    region,
    at: isoOf(now),
    queue: {
      waiting: queue?.waiting ?? null,
      inFlight: queue?.inFlight ?? null,
      sidelined: queue?.sidelined ?? null,
      oldestSeconds: oldest?.first ?? null,
      oldestSidelinedSeconds: oldest?.sidelined ?? null,
      deadLetters: valueOf(parts.deadLetters) ?? null,
    },
    bulk: bulk ? { ...bulk, dueAt: dueAt === undefined ? null : isoOf(dueAt) } : null,
    fleet: fleetOf(parts) ?? null,
    scaler: last
      ? {
          lastTick: isoOf(last.at),
          ageSeconds: now - last.at,
          stale: isStale(now - last.at, memory?.tickSeconds),
        }
      : null,
    controls: memory?.controls ? activeControls(memory.controls, now).map(controlJson) : null,
    decisions: memory ? decisionsOf(memory.recent, DECISIONS).map(decisionJson) : null,
    spending: spending ? { today: spending.today, perHour: spending.perHour, at: isoOf(spending.at) } : null,
    alarms: valueOf(parts.alarms)?.map((alarm) => alarmJson(alarm, stage)) ?? null,
    problems: memory?.problems ?? [],
    missing: missingOf(parts),
  };
}

const decisionJson = ({ from, until, reason, ...rest }: DecisionRun) => ({
  ...{ from: isoOf(from), until: isoOf(until), reason, text: REASON_TEXTS[reason].short },
  ...rest,
});

function alarmJson({ name, state, since }: Alarm, stage: string) {
  const { id, meaning, action } = textOf(name, stage);
  const at = Number.isFinite(since) ? isoOf(since) : null;
  return { name, id, state, since: at, meaning, action, runbook: meaning === null ? null : runbook(id) };
}
