/**
 * Tests a candidate on one instance and waits for its verdict.
 *
 * The instance is always terminated, also after Ctrl-C; before its id is known, that waits for the launch.
 */
import type { Progress } from '../../common/progress.ts';
import type { Scope } from '../../common/scope.ts';
import { pause } from '../../common/time.ts';
import type { CandidateVerdict } from '../../contract/candidate-verdict.ts';

export interface CandidatePorts {
  /** @returns the id of the instance */
  launch: () => Promise<string>;
  /** Its EC2 state, and EC2's reason if any. */
  look: (instanceId: string) => Promise<{ state: string; reason?: string | undefined }>;
  /** Undefined until the instance has written it. */
  verdict: (instanceId: string) => Promise<CandidateVerdict | undefined>;
  /** Terminates it and deletes its verdict. */
  terminate: (instanceId: string) => Promise<void>;
  progress: Pick<Progress, 'print' | 'line'>;
  scope: Scope;
  abort: AbortSignal;
  /** Monotonic milliseconds. */
  clock: () => number;
  timing: Timing;
}

export interface Timing {
  deadlineMs: number;
  pollMs: number;
}

/** Final states of a candidate instance. */
const ENDED = ['shutting-down', 'terminated', 'stopping', 'stopped'];

/** @returns the verdict; a failed one when none was written */
export async function testCandidate(ports: CandidatePorts): Promise<CandidateVerdict> {
  const { launch, terminate, progress, scope, abort } = ports;
  abort.throwIfAborted();
  const launching = launch();
  let termination: Promise<void> | undefined;
  const finish = () => (termination ??= launching.then(terminated, () => undefined));
  const terminated = async (id: string) => {
    try {
      await terminate(id);
      progress.print(`Terminated ${id}.`);
    } catch (error) {
      // Printed here: an interrupted command does not print later errors.
      progress.print((error as Error).message);
      throw error;
    }
  };
  await scope.defer(() => finish().catch(() => undefined));
  const instanceId = await launching;
  progress.print(`Launched ${instanceId}.`);
  try {
    return await waitForVerdict(instanceId, ports);
  } finally {
    await finish();
  }
}

async function waitForVerdict(instanceId: string, ports: CandidatePorts): Promise<CandidateVerdict> {
  const { look, verdict, progress, abort, clock, timing } = ports;
  const startMs = clock();
  for (;;) {
    abort.throwIfAborted();
    // In this order: an instance may end right after it has written its verdict.
    const { state, reason } = await look(instanceId);
    const written = await verdict(instanceId);
    if (written) return written;
    const seconds = Math.round((clock() - startMs) / 1000);
    const failed = (why: string): CandidateVerdict => ({ outcome: 'failed', reason: why, seconds });
    if (ENDED.includes(state)) {
      return failed(`its instance is '${state}' without a verdict${reason ? `: ${reason}` : ''}`);
    }
    if (clock() - startMs >= timing.deadlineMs) {
      return failed(`no verdict within ${seconds} s; its instance was '${state}'`);
    }
    progress.line(`${String(seconds).padStart(4)} s  ${instanceId} is ${state}, no verdict yet`);
    await pause(timing.pollMs, abort);
  }
}
