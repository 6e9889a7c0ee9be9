/** Why the fleet has its size, as text and as JSON. */
import { controlJson, controlText, activeControls } from '../shared/controls.ts';
import { lastChange } from '../shared/decisions.ts';
import { REASON_TEXTS } from '../../contract/reasons.ts';
import type { TickRecord } from '../../lambda/scaler/ports.ts';
import { isStale, spentToday, type ScalerMemory } from '../shared/scaler-memory.ts';
import type { StackName } from '../shared/deployment.ts';
import { clockTime, isoOf, known, span } from '../shared/format.ts';
import { sumOf } from './arithmetic.ts';
import { keepSentences, keepTimeOf, type KeepTime } from './sleep.ts';
import { bulkSentences } from './bulk.ts';
import { sidelinedJson, sidelinedSentences } from './sidelined.ts';
import { poolsJson, poolSentences } from './pools.ts';
import { bootFailuresJson, bootFailureSentences, warmPoolSentences } from './boot-failures.ts';
import {
  consequenceSentences,
  disbeliefSentences,
  calculationSentences,
  observationSentence,
  staleSentence,
  noCalculationSentence,
  type StagePolicy,
} from './sentences.ts';

export interface Explanation {
  /** Undefined before the first decision. */
  decision: ScalerMemory['recent'][number] | undefined;
  ageSeconds: number | undefined;
  stale: boolean;
  /** Undefined for a fleet that does not sleep. */
  keep?: KeepTime | undefined;
  sentences: string[];
}

/** @param now epoch seconds */
export function explain(memory: ScalerMemory, policy: StagePolicy | undefined, now: number): Explanation {
  const record = memory.recent.at(-1);
  if (!record) {
    const sentences = [
      'The scaler has not decided anything yet: it starts at the next full minute, unless its schedule is off.',
      ...memory.problems,
    ];
    return { decision: undefined, ageSeconds: undefined, stale: false, sentences };
  }
  const age = now - record.at;
  const stale = isStale(age, memory.tickSeconds);
  const context = { record, policy, spent: spentToday(memory, now)?.today };
  const controls = memory.controls ? activeControls(memory.controls, now) : [];
  const change = lastChange(memory.recent);
  const keep = keepOf(record, memory, policy);
  const sentences = [
    ...(stale ? [staleSentence(age)] : []),
    ...memory.problems,
    `The latest decision is ${span(age)} old (${clockTime(record.at, now)} UTC): ${record.reason}.`,
    REASON_TEXTS[record.reason].meaning,
    observationSentence(record),
    ...sidelinedSentences(record),
    ...bulkSentences(record, now),
    ...poolSentences(record, memory.policy.pools, now),
    ...disbeliefSentences(record),
    ...bootFailureSentences(memory.policy.bootFailure, now),
    ...warmPoolSentences(memory.policy.warmPool, now),
    ...(record.calculation
      ? calculationSentences(record.calculation, record.needed, policy)
      : [noCalculationSentence(context)]),
    ...keepSentences(keep, emptySecondsOf(record, memory)),
    ...consequenceSentences(context),
    ...controls.map((control) => `Control in effect: ${controlText(control, now)}.`),
    change
      ? `The size last changed at ${clockTime(change.from, now)}, ${change.before === null ? '' : `from ${change.before} `}to ${known(change.desired)} (${change.reason}).`
      : `The size has not changed within the last ${span(now - (memory.recent[0]?.at ?? now))}, which is all that the scaler remembers.`,
  ];
  return { decision: record, ageSeconds: age, stale, keep, sentences };
}

const keepOf = ({ calculation }: TickRecord, { policy }: ScalerMemory, stage: StagePolicy | undefined) =>
  calculation && keepTimeOf(calculation, policy.slo?.sleep, stage?.sleepAfterSeconds);

/** With an instance to keep. */
function emptySecondsOf({ at, desired }: TickRecord, { policy }: ScalerMemory): number | undefined {
  const { emptyAt } = policy.slo?.sleep ?? {};
  return emptyAt === undefined || !desired ? undefined : Math.max(0, at - emptyAt);
}

export const explainLines = ({ stage, stack, region }: StackName, { sentences }: Explanation): string[] => [
  `Stage ${stage} (${stack}, ${region})`,
  '',
  ...sentences,
];

export function explainJson(
  { stage, stack, region }: StackName,
  memory: ScalerMemory,
  { decision, ageSeconds, stale, sentences, keep }: Explanation,
  now: number,
) {
  const { at, calculation, pools: _, ...record } = decision ?? {};
  const change = lastChange(memory.recent);
  return {
    command: 'explain',
    ...{ stage, stack, region, at: isoOf(now) },
    decision: decision
      ? { ...record, at: isoOf(at ?? now), ageSeconds, stale, meaning: REASON_TEXTS[decision.reason].meaning }
      : null,
    calculation: calculation ? { ...calculation, sum: sumOf(calculation) } : null,
    keepTime: keep ?? null,
    bootFailures: bootFailuresJson(memory.policy.bootFailure),
    sidelined: decision ? sidelinedJson(decision) : null,
    warmPoolBootFailures: bootFailuresJson(memory.policy.warmPool?.boots),
    pools: poolsJson(decision ?? {}, memory.policy.pools),
    controls: memory.controls ? activeControls(memory.controls, now).map(controlJson) : null,
    lastChange: change
      ? { at: isoOf(change.from), reason: change.reason, before: change.before, desired: change.desired }
      : null,
    sentences,
  };
}
