/** Entry point of the scaler's Lambda function: its schedule invokes it each minute, and a new photo where the minimum is 0. */
import { setTimeout as sleep } from 'node:timers/promises';
import { scalerEnvironmentSchema } from '../../contract/scaler.ts';
import { portsOn } from './aws/ports-on.ts';
import type { Polls } from './context.ts';
import { PERIOD_SECONDS, runTicks, scheduledAt, type Clock, type RunOptions } from './run.ts';
import { tick } from './tick.ts';
import { isPhoto, Waker } from './wake.ts';

const environment = scalerEnvironmentSchema.parse(process.env);
const ports = portsOn(environment);
const pools = environment.POOLS && { ...environment.POOLS, fastTier: environment.POOLS.warmPoolSize };
const settings = { ...environment.POLICY, bulkDeadlineSeconds: environment.BULK_DEADLINE_SECONDS };
const clock: Clock = {
  now: () => Date.now() / 1000,
  sleepUntil: (at) => sleep(Math.max(0, at * 1000 - Date.now())),
};
const waker = new Waker({
  glance: () => ports.views.glance(),
  now: () => clock.now(),
  pause: (seconds) => sleep(1000 * seconds),
});

interface Invocation {
  awsRequestId: string;
  getRemainingTimeInMillis(): number;
}

const run = (context: Invocation, options: Pick<RunOptions, 'scheduled' | 'woken'>): Promise<boolean> => {
  const polls: Polls = {};
  return runTicks({
    ...options,
    tickSeconds: environment.TICK_SECONDS,
    wakesByEvent: environment.WAKE_BUCKET !== '',
    clock,
    remainingMs: () => context.getRemainingTimeInMillis(),
    tick: (woken) =>
      tick(ports, settings, {
        owner: context.awsRequestId,
        now: () => clock.now(),
        tickSeconds: environment.TICK_SECONDS,
        woken,
        launchTimeoutSeconds: environment.LAUNCH_TIMEOUT_SECONDS,
        spending: environment.SPENDING,
        ...(pools && { pools }),
        warmPool: environment.WARM_POOL,
        polls,
        workflows: environment.WORKFLOWS?.length,
      }),
    release: () => ports.memory.release(context.awsRequestId),
    log: (line) => console.log(JSON.stringify(line)),
  });
};

export async function handler(
  event: { scheduledTime?: string; source?: string },
  context: Invocation,
): Promise<void> {
  if (event.source === undefined) {
    await run(context, { scheduled: scheduledAt(event.scheduledTime) });
    return;
  }
  if (!isPhoto(event, environment.WAKE_BUCKET)) return;
  await waker.wake(() => {
    // Its ticks are those of the schedule, until the next minute begins.
    const scheduled = Math.floor(clock.now() / PERIOD_SECONDS) * PERIOD_SECONDS;
    return run(context, { scheduled, woken: true });
  });
}
