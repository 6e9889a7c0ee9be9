/** Attacks a run of the local stack from pages of other sites. */
import { fleetOf } from '../../../local/run/fleet.ts';
import type { LocalStack } from '../../../local/run/stack.ts';
import { attack, type Attempt } from '../../hostile/support/attack.ts';
import { listenersBelow, type Listener } from '../../hostile/support/listeners.ts';
import { until } from '../../support/wait.ts';

export interface Attacked {
  listeners: Listener[];
  /** Ports that still listened after the attack. */
  still: Set<number>;
  attempts: Attempt[];
  endpoints: string[];
}

/**
 * Attacks every port that the run listens on, once an instance has its own.
 *
 * @param marker path of a file that a function of the attacker writes
 */
export async function attackListeners(stack: LocalStack, marker: string): Promise<Attacked> {
  const { agent, endpoint } = stack;
  await until(
    () => fleetOf(stack).instances,
    (instances) => instances.some(({ lifecycleState }) => lifecycleState === 'InService'),
  );
  // Three of the run and two of the instance, one of which may be about to restart.
  const listeners = await until(
    () => listenersBelow(process.pid),
    (found) => found.length >= 5,
  );
  const all = await attack(
    listeners.map(({ port }) => port),
    marker,
  );
  // An instance may have ended meanwhile: then nothing listens there, and the last requests got no answer.
  const still = new Set(listenersBelow(process.pid).map(({ port }) => port));
  const attempts = all.filter(({ port, status }) => still.has(port) || status !== 0);
  return { listeners, still, attempts, endpoints: [endpoint, agent.url] };
}
