/** Ends the launch of an instance that will not get ready: at once, instead of at the end of its launch hook, and with the reason. */
import { LAUNCH_HOOK } from '../../contract/names.ts';
import type { WorkerPorts } from '../ports.ts';
import { describeError } from '../telemetry/log.ts';

export type AbandonPorts = Pick<WorkerPorts, 'group' | 'reportBootFailure' | 'log'>;

/** Never rejects: where nothing of it succeeds, the hook's timeout ends the launch. */
export async function abandonLaunch(
  { group, reportBootFailure, log }: AbandonPorts,
  error: unknown,
): Promise<void> {
  const reason = describeError(error);
  log('error', 'launch-abandoned', { reason });
  await reportBootFailure(reason).catch((cause: unknown) =>
    log('warn', 'boot-failure-not-reported', { error: describeError(cause) }),
  );
  try {
    // An instance that was in service before its worker was restarted waits at no hook.
    if (!(await group.complete(LAUNCH_HOOK, 'ABANDON'))) await group.setUnhealthy();
  } catch (cause) {
    log('error', 'hook-not-completed', { hook: LAUNCH_HOOK, error: describeError(cause) });
  }
}
