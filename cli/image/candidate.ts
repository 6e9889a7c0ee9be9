/**
 * One instance of a candidate, and the wait for its verdict.
 *
 * Gotcha: it is ended however this goes, Ctrl-C included, and also when that comes before its id is known: the launch
 * is waited for then.
 */
import type { Progress } from '../../common/progress.ts';
import type { Scope } from '../../common/scope.ts';
import { pause } from '../../common/time.ts';
import type { CandidateVerdict } from '../../contract/candidate-verdict.ts';

export interface CandidatePorts {
  /** @returns the id of the instance */
  launch: () => Promise<string>;
  /** Its state by EC2's name, and why, as far as EC2 says. */
  look: (instanceId: string) => Promise<{ state: string; reason?: string | undefined }>;
  /** What it has said; undefined so far. */
  verdict: (instanceId: string) => Promise<CandidateVerdict | undefined>;
  /** Ends it and forgets its verdict. */
  end: (instanceId: string) => Promise<void>;
  progress: Pick<Progress, 'print' | 'line'>;
  scope: Scope;
  abort: AbortSignal;
  /** Milliseconds that only go forward. */
  clock: () => number;
  timing: Timing;
}

export interface Timing {
  deadlineMs: number;
  pollMs: number;
}

/** States that an instance does not come back from. */
const OVER = ['shutting-down', 'terminated', 'stopping', 'stopped'];

/** @returns the verdict; a failed one as well when none came */
export async function testCandidate(ports: CandidatePorts): Promise<CandidateVerdict> {
  const { launch, end, progress, scope, abort } = ports;
  abort.throwIfAborted();
  const launching = launch();
  let ending: Promise<void> | undefined;
  const finish = () => (ending ??= launching.then(ended, () => undefined));
  const ended = async (id: string) => {
    try {
      await end(id);
      progress.print(`Terminated ${id}.`);
    } catch (error) {
      // Said here, since an interrupted command is silent about what fails after that.
      progress.print((error as Error).message);
      throw error;
    }
  };
  await scope.defer(() => finish().catch(() => undefined));
  const instanceId = await launching;
  progress.print(`Launched ${instanceId}.`);
  try {
    return await judged(instanceId, ports);
  } finally {
    await finish();
  }
}

async function judged(instanceId: string, ports: CandidatePorts): Promise<CandidateVerdict> {
  const { look, verdict, progress, abort, clock, timing } = ports;
  const startMs = clock();
  for (;;) {
    abort.throwIfAborted();
    // In this order: the verdict of one that has just ended by itself counts.
    const { state, reason } = await look(instanceId);
    const said = await verdict(instanceId);
    if (said) return said;
    const seconds = Math.round((clock() - startMs) / 1000);
    const failed = (why: string): CandidateVerdict => ({ outcome: 'failed', reason: why, seconds });
    if (OVER.includes(state)) {
      return failed(`its instance is '${state}' without a verdict${reason ? `: ${reason}` : ''}`);
    }
    if (clock() - startMs >= timing.deadlineMs) {
      return failed(`no verdict within ${seconds} s; its instance was '${state}'`);
    }
    progress.line(`${String(seconds).padStart(4)} s  ${instanceId} is ${state}, no verdict yet`);
    await pause(timing.pollMs, abort);
  }
}
