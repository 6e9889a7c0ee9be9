/** Launches that never came into service: how many in a row, which and why, and when the next one is made. */
import type { AlarmId } from '../../contract/alarms.ts';
import { BREAKER_FAILURES, isOpen, type BootFailureMemory } from '../../lambda/scaler/policy/boot-failure.ts';
import type { WarmPoolMemory } from '../../lambda/scaler/policy/pools/warm-pool.ts';
import { clockTime, isoOf, span } from '../shared/format.ts';

interface Words {
  launches: string;
  never: string;
  /** From the failure on at which the breaker opens. */
  open: string;
}
const OF_FLEET: Words = {
  ...{ launches: '', never: 'came into service' },
  open: 'the fleet asks for one instance at a time, with growing pauses, until one comes into service',
};
const OF_WARM_POOL: Words = {
  ...{ launches: ' into the warm pool', never: 'got there' },
  open: 'the pool keeps what it has and gets one instance at a time, with growing pauses, until one is in there or another image is deployed',
};

/** @param now epoch seconds */
export const bootFailureSentences = (memory: BootFailureMemory | undefined, now: number): string[] =>
  sentences(memory, now, OF_FLEET, 'boot-failure');

/** The same of stopped instances, which Auto Scaling launches by itself. */
export const warmPoolSentences = (memory: WarmPoolMemory | undefined, now: number): string[] =>
  sentences(memory?.boots, now, OF_WARM_POOL, 'warm-pool-boot-failure');

function sentences(
  memory: BootFailureMemory | undefined,
  now: number,
  words: Words,
  alarm: AlarmId,
): string[] {
  if (!memory || memory.failures === 0) return [];
  const { failures, latest, pause } = memory;
  const named = latest.map(
    ({ at, instance, why }) =>
      `${instance ?? 'an instance'} at ${clockTime(at, now)}${why === undefined ? '' : ` (${why})`}`,
  );
  const last = `The last ${failures === 1 ? `launch${words.launches}` : `${failures} launches${words.launches}`} never ${words.never}: ${failures > latest.length ? '... ' : ''}${named.join('; ')}.`;
  if (!isOpen(memory)) return [last];
  const until = pause?.until ?? now;
  const next = until > now ? `The next launch is in ${span(until - now)}.` : 'One launch may be under way.';
  return [last, `From ${BREAKER_FAILURES} on ${words.open}. ${next} docs/runbook.md#${alarm}`];
}

export const bootFailuresJson = (memory: BootFailureMemory | undefined) => {
  const { failures, latest, pause } = memory ?? {};
  if (!failures || !latest) return null;
  return {
    failures,
    nextLaunchAt: pause ? isoOf(pause.until) : null,
    latest: latest.map(({ at, ...more }) => ({ at: isoOf(at), ...more })),
  };
};
