/** Launches that never came into service: how many in a row, which and why, and when the next one is made. */
import { BREAKER_FAILURES, isOpen, type BootFailureMemory } from '../../lambda/scaler/policy/boot-failure.ts';
import { clockTime, isoOf, span } from '../shared/format.ts';

/** @param now epoch seconds */
export function bootFailureSentences(memory: BootFailureMemory | undefined, now: number): string[] {
  if (!memory || memory.failures === 0) return [];
  const { failures, latest, pause } = memory;
  const named = latest.map(
    ({ at, instance, why }) =>
      `${instance ?? 'an instance'} at ${clockTime(at, now)}${why === undefined ? '' : ` (${why})`}`,
  );
  const last = `The last ${failures === 1 ? 'launch' : `${failures} launches`} never came into service: ${failures > latest.length ? '... ' : ''}${named.join('; ')}.`;
  if (!isOpen(memory)) return [last];
  const until = pause?.until ?? now;
  const next = until > now ? `The next launch is in ${span(until - now)}.` : 'One launch may be under way.';
  return [
    last,
    `From ${BREAKER_FAILURES} on the fleet asks for one instance at a time, with growing pauses, until one comes into service. ${next} docs/runbook.md#boot-failure`,
  ];
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
