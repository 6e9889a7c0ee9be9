/** Entry point of the scaler's Lambda function. */
import { setTimeout as sleep } from 'node:timers/promises';
import { scalerEnvironmentSchema } from '../../contract/scaler.ts';
import { portsOn } from './aws/ports-on.ts';
import { runTicks, scheduledAt, type Clock } from './run.ts';
import { tick } from './tick.ts';

const environment = scalerEnvironmentSchema.parse(process.env);
const ports = portsOn(environment);
const clock: Clock = {
  now: () => Date.now() / 1000,
  sleepUntil: (at) => sleep(Math.max(0, at * 1000 - Date.now())),
};

export const handler = (
  event: { scheduledTime?: string },
  context: { awsRequestId: string; getRemainingTimeInMillis(): number },
): Promise<void> =>
  runTicks({
    scheduled: scheduledAt(event.scheduledTime),
    tickSeconds: environment.TICK_SECONDS,
    clock,
    remainingMs: () => context.getRemainingTimeInMillis(),
    awaitPhoto: ports.counts.hasPhoto && ((seconds) => ports.counts.hasPhoto!(seconds)),
    tick: (woken) =>
      tick(ports, environment.POLICY, {
        owner: context.awsRequestId,
        now: () => clock.now(),
        tickSeconds: environment.TICK_SECONDS,
        woken,
        launchTimeoutSeconds: environment.LAUNCH_TIMEOUT_SECONDS,
        spending: environment.SPENDING,
      }),
    release: () => ports.memory.release(context.awsRequestId),
    log: (line) => console.log(JSON.stringify(line)),
  });
