/** Explains a decision in sentences, from the scaler's record. */
import type { TickRecord } from '../../lambda/scaler/ports.ts';
import type { Reason } from '../../contract/reasons.ts';
import { count, known, number, span, usd } from '../shared/format.ts';
import { DRAIN, MARGIN_POWER, REFERENCE_PRICE, sumOf, type Calculation } from './arithmetic.ts';

/** The stage's policy settings in bin/stages.ts. */
export interface StagePolicy {
  kind: 'slo' | 'forecast' | 'threshold';
  targetWaitSeconds?: number;
  p95WaitSeconds?: number;
  sleepAfterSeconds?: number;
  scaleOutBacklog?: number;
  scaleOutStep?: number;
  dailySpendLimit: number;
}

export interface Context {
  record: TickRecord;
  policy: StagePolicy | undefined;
  /** USD since midnight UTC. */
  spent: number | undefined;
}

const instances = (n: number) => count(n, 'instance');
const are = (n: number | null) => (n === 1 ? 'is' : 'are');

export function observationSentence({
  visible,
  inFlight,
  inService,
  pending,
  draining,
  min,
  max,
}: TickRecord): string {
  const fleet = `${known(inService)} ${are(inService)} in service, ${known(pending)} pending and ${known(draining)} draining`;
  return `It observed ${known(visible)} waiting and ${known(inFlight)} in flight; of the fleet (minimum ${known(min)}, maximum ${known(max)}) ${fleet}.`;
}

/** Which reports of instances were not believed, and why. */
export function disbeliefSentences({ implausible = 0, disbelieved = [] }: TickRecord): string[] {
  if (implausible === 0) return [];
  const named = disbelieved.map(({ instance, why }) => `${instance}: ${why}`).join('; ');
  return [
    `It did not believe what ${instances(implausible)} ${implausible === 1 ? 'reports' : 'report'} (${named}${implausible > disbelieved.length ? '; and more' : ''}), and estimated that work instead. docs/runbook.md#implausible-reports`,
  ];
}

/** One sentence per step of the calculation. @param needed its result */
export function calculationSentences(
  calculation: Calculation,
  needed: number | null,
  policy: StagePolicy | undefined,
): string[] {
  const {
    rate,
    serviceSeconds,
    bootSeconds,
    queuedThen,
    price,
    meanWait,
    late,
    load,
    batch = 1,
    mostBelow = 1,
    p95Wait,
  } = calculation;
  const { now, margin, perQueued, forQueue, total } = sumOf(calculation);
  const [service, boot] = [`${number(serviceSeconds)} s`, `${number(bootSeconds)} s`];
  // Compared as they are shown.
  const same = number(load) === number(now);
  const ahead = same ? '' : `; ${load > now ? 'and' : 'but'} looking ahead, ${number(load)}`;
  const target = policy?.targetWaitSeconds;
  const together = number(batch) === '1' ? '' : `${number(batch)} x `;
  const marginText = `At ${number(price)} instance-seconds per second of waiting${together === '' ? '' : `, of photos counted ${number(batch)} at a time`}, a margin of ${number(margin)} is ${margin < 0 ? 'taken off' : 'added'}: (${together}${number(price)} / ${REFERENCE_PRICE})^${MARGIN_POWER} - 1${margin === -mostBelow ? `, but no less than ${number(margin)}, or a queue would stand for longer than the target` : ''}.`;
  return [
    `Photos arrive at ${number(rate)} a second; each keeps an instance busy for ${service}; an instance takes ${boot} from its request to in service.`,
    `To keep up with arrivals takes ${number(rate)} x ${service} = ${number(now)} instances${ahead}.`,
    ...(queuedThen < 0.05
      ? [`In ${boot}, when capacity requested now is ready, no photo will be waiting.`]
      : [
          `In ${boot}, when capacity requested now is ready, ${number(queuedThen)} photos will be waiting.`,
          `One second of waiting is worth ${number(price)} instance-seconds, so these are worth ${number(queuedThen)} x sqrt(${number(price)} x ${number(serviceSeconds)} / (${DRAIN} x ${number(bootSeconds)})) = ${number(queuedThen)} x ${number(perQueued)} = ${number(forQueue)} instances more.`,
        ]),
    ...(Math.abs(margin) < 0.005 ? [] : [marginText]),
    needSentence({ load, margin, forQueue, total }, needed),
    ...(late > 0 ? [`${instances(late)} should be in service by now and ${are(late)} not.`] : []),
    meanWait === null
      ? 'Too few photos started recently for a mean wait.'
      : `Recently, photos waited ${number(meanWait)} s on average${target === undefined ? '' : `; the target is ${number(target)} s`}.`,
    ...(p95Wait === undefined || p95Wait === null
      ? []
      : [
          `Of the last day's photos, 95 % waited at most ${number(p95Wait)} s${policy?.p95WaitSeconds === undefined ? '' : `; ${number(policy.p95WaitSeconds)} s were asked for`}.`,
        ]),
  ];
}

function needSentence(
  { load, margin, forQueue, total }: { load: number; margin: number; forQueue: number; total: number },
  needed: number | null,
): string {
  const terms = `${number(load)} + ${number(forQueue)}${Math.abs(margin) < 0.005 ? '' : ` ${margin < 0 ? '-' : '+'} ${number(Math.abs(margin))}`} = ${number(total)}`;
  const whole = Math.max(0, Math.ceil(total));
  if (needed === 0 && whole > 0)
    return `Together ${terms}; but no photo has arrived for long enough, so none is needed.`;
  if (needed !== null && needed > whole)
    return `Together ${terms}; while photos wait or may arrive, at least one: needed ${needed}.`;
  return `Together ${terms}, rounded up: needed ${known(needed)}.`;
}

/** What followed from each reason. */
const CONSEQUENCES: Record<Reason, (context: Context) => string> = {
  'scale-out': ({ record }) => `So the desired capacity is ${known(record.desired)} now; it was less.`,
  'bulk-deadline': ({ record }) =>
    `For the deadline of the bulk photos the desired capacity is ${known(record.desired)} now; it was less.`,
  'scale-in': ({ record }) => `So the desired capacity is ${known(record.desired)} now; it was more.`,
  steady: ({ record }) =>
    record.needed !== null && record.desired !== null && record.needed < record.desired
      ? `The desired capacity stays ${record.desired}: the surplus is too small, or not idle for long enough, to remove.`
      : `The desired capacity stays ${known(record.desired)}.`,
  'scale-out-cooldown': ({ record }) => `It stays ${known(record.desired)} until the cooldown is over.`,
  'scale-in-cooldown': ({ record }) =>
    `It stays ${known(record.desired)} until the idle instances have been idle for long enough.`,
  'at-max': ({ record }) =>
    `It stays ${known(record.desired)}, the allowed maximum (${known(record.max)} by the group).`,
  'at-min': ({ record }) =>
    `It stays ${known(record.desired)}, the allowed minimum (${known(record.min)} by the group).`,
  shortage: ({ record }) =>
    `It stays ${known(record.desired)}: ${record.unfulfilled === undefined ? 'some' : instances(record.unfulfilled)} of them ${are(record.unfulfilled ?? 0)} unfulfilled. Run quota, and read the group's activity history.`,
  'boot-failure': ({ record }) => `It stays ${known(record.desired)} until an instance comes into service.`,
  'over-budget': ({ record, spent, policy }) =>
    `It stays ${known(record.desired)}: today has cost ${spent === undefined ? 'an unknown amount' : usd(spent)}${policy ? `, the limit in bin/stages.ts is ${usd(policy.dailySpendLimit)}` : ''}. Raise dailySpendLimit, or set a floor, if the photos are worth it.`,
  paused: ({ record }) => `It stays ${known(record.desired)} until the pause ends or 'resume' removes it.`,
  'inconsistent-metrics': ({ record }) =>
    `It stays ${known(record.desired)} until the counts agree, or the hold time is over.`,
  'metrics-unavailable': ({ record }) => {
    const parts = [
      ...(record.visible === null ? ['the queue'] : []),
      ...(record.desired === null ? ['the group'] : []),
    ];
    const what = parts.length > 0 ? parts.join(' and ') : 'its memory, or reading took too long';
    return `It could not read ${what}: the scaler's log names the call that failed. docs/runbook.md#metrics-unavailable`;
  },
};

export const consequenceSentences = (context: Context): string[] => [
  ...drainSentences(context),
  CONSEQUENCES[context.record.reason](context),
];

/** Reasons that hold a fleet which is large enough for the arrivals, but not for the queue. */
const HELD_REASONS: Reason[] = ['at-max', 'paused', 'shortage', 'boot-failure', 'over-budget'];

/** The policy's second test: the waiting photos have to be processed within the target. */
function drainSentences({ record, policy }: Context): string[] {
  const { reason, needed, desired, visible, calculation } = record;
  if (
    !HELD_REASONS.includes(reason) ||
    !calculation ||
    needed === null ||
    desired === null ||
    visible === null
  )
    return [];
  const [instances, service] = [Math.max(1, desired), calculation.serviceSeconds];
  const seconds = (visible * service) / instances;
  const target = policy?.targetWaitSeconds ?? 0;
  if (needed > desired || seconds <= target) return [];
  return [
    `But with the ${desired} allowed it takes ${visible} x ${number(service)} s / ${instances} = ${number(seconds)} s to process the waiting photos${target > 0 ? `, more than the ${number(target)} s of the target` : ''}.`,
  ];
}

/** For a tick without a calculation. */
export function noCalculationSentence({ record, policy }: Context): string {
  if (record.reason === 'metrics-unavailable' || record.reason === 'inconsistent-metrics')
    return 'It made no calculation this time.';
  const { scaleOutBacklog: backlog, scaleOutStep: step } = policy ?? {};
  const rule =
    backlog === undefined || step === undefined
      ? 'a long queue adds instances, an empty queue with an idle instance removes one'
      : `${backlog} waiting add ${step} instances, an empty queue with an idle instance removes one`;
  return `The threshold policy uses no rates: ${rule}, each after its cooldown.`;
}

export const staleSentence = (ageSeconds: number): string =>
  `THE SCALER HAS STOPPED: the latest decision is ${span(ageSeconds)} old. docs/runbook.md#no-tick`;
