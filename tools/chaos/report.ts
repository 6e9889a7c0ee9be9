/** What a run under fire says at its end. */
import type { Injector } from './injector.ts';
import { FAULTS } from './plan.ts';
import type { FaultProxy } from './proxy.ts';
import type { OutcomeCheck } from './check-outcomes.ts';

/** What was left when everything was over. */
export interface Leftovers {
  /** Messages in the job queue. */
  messages: number;
  /** Paths of attempts on disks of instances. */
  onDisk: string[];
  /** Messages in the dead-letter queue that somebody could have understood. */
  dead: string[];
  /** Poison messages that did not get there. */
  poisonMissing: number;
  poison: number;
}

export interface ChaosReport {
  seed: number;
  photos: number;
  seconds: number;
  /** Of machines, messages and photos, by kind. */
  faults: Record<string, number>;
  /** Faults that found nobody to hit. */
  withoutTarget: number;
  /** Of requests to S3 and SQS, by service and kind. */
  requests: Record<string, number>;
  verdict: OutcomeCheck;
  leftovers: Leftovers;
  /** Whether every check holds. */
  passed: boolean;
}

export interface Check {
  name: string;
  /** What speaks against it; empty when it holds. */
  problems: string[];
}

/** Most sentences that are shown against a check. */
const SHOWN = 8;

export function checks({ coloured, failed, ...verdict }: OutcomeCheck, leftovers: Leftovers): Check[] {
  const { messages, onDisk, dead, poison, poisonMissing } = leftovers;
  const lost = poisonMissing === 0 ? [] : [`${poisonMissing} poison messages are gone`];
  return [
    {
      name: `every photo has an end: ${coloured} coloured, ${failed} refused, 0 lost`,
      problems: verdict.lost,
    },
    { name: '0 doubled: one end each, of the latest upload', problems: verdict.doubled },
    { name: '0 wrong: each decodes, in its size and format, and is its own photo', problems: verdict.wrong },
    { name: 'no end is nobody’s', problems: verdict.stray },
    { name: 'nothing is left in the queue', problems: messages === 0 ? [] : [`${messages} messages`] },
    { name: 'nothing is left on disk', problems: onDisk },
    { name: `in the dead-letter queue are the ${poison} poison messages only`, problems: [...dead, ...lost] },
  ];
}

export function reportOf(
  run: Pick<ChaosReport, 'seed' | 'photos' | 'seconds' | 'verdict' | 'leftovers'>,
  injector: Pick<Injector, 'counts' | 'withoutTarget'>,
  proxy: Pick<FaultProxy, 'counts'>,
): ChaosReport {
  const faults = Object.keys(FAULTS).map((kind) => [kind, injector.counts.get(kind as never) ?? 0]);
  return {
    ...run,
    faults: Object.fromEntries(faults) as Record<string, number>,
    withoutTarget: injector.withoutTarget,
    requests: Object.fromEntries([...proxy.counts].sort()),
    passed: checks(run.verdict, run.leftovers).every(({ problems: against }) => against.length === 0),
  };
}

export function* reportLines(report: ChaosReport): Generator<string> {
  const {
    seed,
    photos,
    seconds,
    faults,
    requests,
    withoutTarget: missed,
    verdict,
    leftovers,
    passed: holds,
  } = report;
  yield '';
  yield `Faults, seed ${seed}:`;
  for (const [kind, count] of [...Object.entries(faults), ...Object.entries(requests)])
    yield `${String(count).padStart(6)}  ${kind}`;
  if (missed > 0) yield `${String(missed).padStart(6)}  found nobody to hit`;
  yield '';
  for (const { name, problems: against } of checks(verdict, leftovers)) {
    yield `${against.length === 0 ? 'holds ' : 'BROKEN'}  ${name}`;
    for (const sentence of against.slice(0, SHOWN)) yield `          ${sentence}`;
    if (against.length > SHOWN) yield `          and ${against.length - SHOWN} more`;
  }
  yield '';
  yield `${photos} photos, seed ${seed}, ${Math.round(seconds)} s: ${holds ? 'every check holds' : 'NOT every check holds'}.`;
}
