/** A decision in plain sentences, each of what the scaler's record says. */
import type { TickRecord } from '../../lambda/scaler/ports.ts';
import type { Reason } from '../../contract/reasons.ts';
import { count, known, number, span, usd } from '../shared/format.ts';
import { DRAIN, MARGIN_POWER, REFERENCE_PRICE, sumOf, type Calculation } from './arithmetic.ts';

/** What the stage's values in bin/stages.ts say, where they have that stage. */
export interface StagePolicy {
  kind: 'slo' | 'forecast' | 'threshold';
  targetWaitSeconds?: number;
  scaleOutBacklog?: number;
  scaleOutStep?: number;
  dailySpendLimit: number;
}

export interface Context {
  record: TickRecord;
  intent: StagePolicy | undefined;
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
  return `It saw ${known(visible)} waiting and ${known(inFlight)} in flight; of the fleet (minimum ${known(min)}, maximum ${known(max)}) ${fleet}.`;
}

/** The arithmetic, a step each. @param needed what it came to */
export function calculationSentences(
  calculation: Calculation,
  needed: number | null,
  intent: StagePolicy | undefined,
): string[] {
  const { rate, serviceSeconds, bootSeconds, queuedThen, price, meanWait, late, load } = calculation;
  const { now, margin, perQueued, forQueue, total } = sumOf(calculation);
  const [service, boot] = [`${number(serviceSeconds)} s`, `${number(bootSeconds)} s`];
  // As they are shown: the sum goes on with this one.
  const same = number(load) === number(now);
  const ahead = same ? '' : `; ${load > now ? 'and' : 'but'} looking ahead, ${number(load)}`;
  const aim = intent?.targetWaitSeconds;
  const marginWords = `At ${number(price)} seconds of an instance for a second of waiting, a margin of ${number(margin)} is ${margin < 0 ? 'taken off' : 'added'}: (${number(price)} / ${REFERENCE_PRICE})^${MARGIN_POWER} - 1.`;
  return [
    `Photos come at ${number(rate)} a second; each keeps an instance busy for ${service}; an instance takes ${boot} from being asked for to its service.`,
    `To keep up with what comes takes ${number(rate)} x ${service} = ${number(now)} instances${ahead}.`,
    ...(queuedThen < 0.05
      ? [`In ${boot}, when capacity asked for now is ready, no photo will be waiting.`]
      : [
          `In ${boot}, when capacity asked for now is ready, ${number(queuedThen)} photos will be waiting.`,
          `A second of waiting is worth ${number(price)} seconds of an instance, so that these are worth ${number(queuedThen)} x sqrt(${number(price)} x ${number(serviceSeconds)} / (${DRAIN} x ${number(bootSeconds)})) = ${number(queuedThen)} x ${number(perQueued)} = ${number(forQueue)} instances more.`,
        ]),
    ...(Math.abs(margin) < 0.005 ? [] : [marginWords]),
    needSentence({ load, margin, forQueue, total }, needed),
    ...(late > 0 ? [`${instances(late)} should be in service by now and ${are(late)} not.`] : []),
    meanWait === null
      ? 'Too few photos came of late to say how long they wait in the mean.'
      : `Of late, photos waited ${number(meanWait)} s in the mean${aim === undefined ? '' : `; the stage aims at ${number(aim)} s`}.`,
  ];
}

function needSentence(
  { load, margin, forQueue, total }: { load: number; margin: number; forQueue: number; total: number },
  needed: number | null,
): string {
  const terms = `${number(load)} + ${number(forQueue)}${Math.abs(margin) < 0.005 ? '' : ` ${margin < 0 ? '-' : '+'} ${number(Math.abs(margin))}`} = ${number(total)}`;
  const whole = Math.max(0, Math.ceil(total));
  if (needed === 0 && whole > 0)
    return `Together ${terms}; but nothing has come for long enough, so that none is needed.`;
  if (needed !== null && needed > whole)
    return `Together ${terms}; while photos wait or may come, at least one: the work needs ${needed}.`;
  return `Together ${terms}, rounded up: the work needs ${known(needed)}.`;
}

/** What came of it; the compiler sees to it that no reason is without words. */
const OUTCOMES: Record<Reason, (context: Context) => string> = {
  'scale-out': ({ record }) => `Hence the desired capacity is ${known(record.desired)} now; it was less.`,
  'scale-in': ({ record }) => `Hence the desired capacity is ${known(record.desired)} now; it was more.`,
  steady: ({ record }) =>
    record.needed !== null && record.desired !== null && record.needed < record.desired
      ? `The desired capacity stays ${record.desired}: what is more than needed is too little, or not idle for long enough, to let go.`
      : `The desired capacity stays ${known(record.desired)}.`,
  'scale-out-cooldown': ({ record }) => `It stays ${known(record.desired)} until the cooldown is over.`,
  'scale-in-cooldown': ({ record }) =>
    `It stays ${known(record.desired)} until what is idle has been idle for long enough.`,
  'at-max': ({ record }) =>
    `It stays ${known(record.desired)}, the most that is allowed (${known(record.max)} by the group).`,
  'at-min': ({ record }) =>
    `It stays ${known(record.desired)}, the least that is allowed (${known(record.min)} by the group).`,
  shortage: ({ record }) =>
    `It stays ${known(record.desired)}: ${record.unfulfilled === undefined ? 'some' : instances(record.unfulfilled)} of them ${are(record.unfulfilled ?? 0)} asked for in vain. Run quota, and read the group's activity history.`,
  'over-budget': ({ record, spent, intent }) =>
    `It stays ${known(record.desired)}: today has cost ${spent === undefined ? 'an unknown amount' : usd(spent)}${intent ? `, the limit in bin/stages.ts is ${usd(intent.dailySpendLimit)}` : ''}. Raise dailySpendLimit, or set a floor, if the photos are worth it.`,
  paused: ({ record }) =>
    `It stays ${known(record.desired)} until the pause is over, or resume takes it back.`,
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

export const outcomeSentences = (context: Context): string[] => [
  ...drainSentences(context),
  OUTCOMES[context.record.reason](context),
];

/** Reasons for which a fleet that is large enough for what comes would still be larger. */
const HELD: Reason[] = ['at-max', 'paused', 'shortage', 'over-budget'];

/** The rule's second test: what waits already has to be worked off within the target. */
function drainSentences({ record, intent }: Context): string[] {
  const { reason, needed, desired, visible, calculation } = record;
  if (!HELD.includes(reason) || !calculation || needed === null || desired === null || visible === null)
    return [];
  const [instances, service] = [Math.max(1, desired), calculation.serviceSeconds];
  const seconds = (visible * service) / instances;
  const aim = intent?.targetWaitSeconds ?? 0;
  if (needed > desired || seconds <= aim) return [];
  return [
    `But with the ${desired} that are allowed it takes ${visible} x ${number(service)} s / ${instances} = ${number(seconds)} s to work off what waits${aim > 0 ? `, more than the ${number(aim)} s that are aimed at` : ''}.`,
  ];
}

/** For a tick that reckoned with nothing. */
export function noCalculationSentence({ record, intent }: Context): string {
  if (record.reason === 'metrics-unavailable' || record.reason === 'inconsistent-metrics')
    return 'It reckoned with nothing this time.';
  const { scaleOutBacklog: backlog, scaleOutStep: step } = intent ?? {};
  const rule =
    backlog === undefined || step === undefined
      ? 'many waiting ask for more, nothing waiting and an instance idle for fewer'
      : `${backlog} waiting ask for ${step} more, nothing waiting and an instance idle for fewer`;
  return `The policy threshold reckons with no rates: ${rule}, each after its cooldown.`;
}

export const staleSentence = (ageSeconds: number): string =>
  `NOBODY IS SIZING THE FLEET: the latest decision is ${span(ageSeconds)} old. docs/runbook.md#no-tick`;
