/** Report of a chaos run: counts of faults, and the checks. */
import type { Injector } from './injector.ts';
import type { BatchCheck } from './check-batches.ts';
import { queueLine, type QueueCheck } from './check-queues.ts';
import type { LogCheck } from './check-logs.ts';
import { outageLine, outageProblems } from './check-outages.ts';
import type { OutageReport } from './outages.ts';
import { FAULTS } from './plan.ts';
import type { FaultProxy } from './proxy.ts';
import type { OutcomeCheck } from './check-outcomes.ts';

/** Messages and files left at the end of a run. */
export interface Leftovers {
  /** Messages in the job queues. */
  messages: number;
  /** Folders of attempts on the disks of instances. */
  onDisk: string[];
  /** Messages in the dead-letter queue that are not poison. */
  dead: string[];
  /** Poison messages missing from the dead-letter queue. */
  poisonMissing: number;
  poison: number;
}

export interface ChaosReport {
  seed: number;
  photos: number;
  seconds: number;
  /** Faults of instances, messages and photos, by kind. */
  faults: Record<string, number>;
  /** Faults without a target. */
  withoutTarget: number;
  /** Faults of requests to S3 and SQS, by service and kind. */
  requests: Record<string, number>;
  outages: OutageReport[];
  outcomes: OutcomeCheck;
  leftovers: Leftovers;
  batches: BatchCheck;
  queues: QueueCheck;
  logs: LogCheck;
  /** Maximum of the fleet. */
  max: number;
  /** Most instances in service or pending at a time. */
  peak: number;
  /** Whether every check passed. */
  passed: boolean;
}

export interface Check {
  name: string;
  /** Empty when the check passed. */
  problems: string[];
}

/** Maximum of problems shown for a check. */
const SHOWN = 8;

type Checked = Pick<
  ChaosReport,
  'outcomes' | 'leftovers' | 'batches' | 'queues' | 'logs' | 'outages' | 'max' | 'peak'
>;

export function checks({ outcomes, leftovers, batches, queues, logs, outages, max, peak }: Checked): Check[] {
  const { succeeded, failed, lost, doubled, wrong, stray } = outcomes;
  const { messages, onDisk, dead, poison, poisonMissing } = leftovers;
  const missing = poisonMissing === 0 ? [] : [`${poisonMissing} poison messages are missing`];
  return [
    {
      name: `every photo has an outcome: ${succeeded} coloured, ${failed} failed, 0 lost`,
      problems: lost,
    },
    { name: '0 doubled: one outcome each, of the latest upload', problems: doubled },
    { name: '0 wrong: each result decodes, with the size, format and content of its photo', problems: wrong },
    { name: 'no outcome without a photo', problems: stray },
    { name: 'the queues are empty', problems: messages === 0 ? [] : [`${messages} messages`] },
    { name: 'no attempt has left files on disk', problems: onDisk },
    { name: `the dead-letter queue has the ${poison} poison messages only`, problems: [...dead, ...missing] },
    {
      name: `no photo was charged for a prompt that it shared: ${batches.shared} shared one, ${batches.failed} such prompts failed`,
      problems: batches.charged,
    },
    {
      name: `each photo was started by its queue, and bulk met its deadline: ${queueLine(queues)}`,
      problems: queues.problems,
    },
    {
      name: 'each outage was noticed, and bad images were launched no more than they may be',
      problems: outageProblems(outages, max),
    },
    {
      name: `never more instances than the maximum of ${max}: ${peak} at most, in all groups`,
      problems: peak > max ? [`${peak} instances`] : [],
    },
    {
      name: `every line that counts as delivered is in CloudWatch Logs: ${logs.lines} of ${logs.instances} instances; ${logs.undelivered} ended with theirs`,
      problems: logs.missing,
    },
  ];
}

export function reportOf(
  run: Pick<ChaosReport, 'seed' | 'photos' | 'seconds'> & Checked,
  injector: Pick<Injector, 'counts' | 'withoutTarget'>,
  proxy: Pick<FaultProxy, 'counts'>,
): ChaosReport {
  const faults = Object.keys(FAULTS).map((kind) => [kind, injector.counts.get(kind as never) ?? 0]);
  return {
    ...run,
    faults: Object.fromEntries(faults) as Record<string, number>,
    withoutTarget: injector.withoutTarget,
    requests: Object.fromEntries([...proxy.counts].sort()),
    passed: checks(run).every(({ problems }) => problems.length === 0),
  };
}

export function* reportLines(report: ChaosReport): Generator<string> {
  const { seed, photos, seconds, faults, requests, withoutTarget, outages, passed } = report;
  yield '';
  yield `Faults, seed ${seed}:`;
  for (const [kind, count] of [...Object.entries(faults), ...Object.entries(requests)])
    yield `${String(count).padStart(6)}  ${kind}`;
  if (withoutTarget > 0) yield `${String(withoutTarget).padStart(6)}  without a target`;
  for (const outage of outages) yield outageLine(outage);
  yield '';
  for (const { name, problems } of checks(report)) {
    yield `${problems.length === 0 ? 'passed' : 'FAILED'}  ${name}`;
    for (const problem of problems.slice(0, SHOWN)) yield `          ${problem}`;
    if (problems.length > SHOWN) yield `          and ${problems.length - SHOWN} more`;
  }
  yield '';
  yield `${photos} photos, seed ${seed}, ${Math.round(seconds)} s: ${passed ? 'every check passed' : 'NOT every check passed'}.`;
}
