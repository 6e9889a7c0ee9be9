/**
 * The worker on an instance of an image that has yet to prove itself: asks the question that decides whether an instance
 * is put in service, and says how it went.
 *
 * Gotchas:
 * - It gives up sooner than an instance of the fleet: a check under way takes up to four minutes beyond the limit, and a
 *   service that is not ready after ten is ended by systemd, its reason with it.
 * - Colours are final: an image with other weights has them at the next check as well.
 */
import type { CandidateVerdict } from '../../contract/candidate-verdict.ts';
import { CanaryMismatch, type Canary } from '../comfyui/canary.ts';
import { describeError, type Log } from '../telemetry/log.ts';
import { untilReady, type RetryPolicy } from '../comfyui/readiness.ts';

export interface CandidatePorts {
  /** Rejects with the reason why this machine cannot colour. */
  check: () => Promise<unknown>;
  /** Colours that the check compares with; without them it proves nothing. */
  canary: Canary | undefined;
  /** Of this machine, from its metadata. */
  imageId: () => Promise<string | undefined>;
  /** Writes the verdict. */
  tell: (verdict: CandidateVerdict) => Promise<void>;
  /** Aborted when the worker is to end. */
  stop: AbortSignal;
  log: Log;
  /** Milliseconds that only go forward. */
  clock: () => number;
  patience?: Pick<RetryPolicy, 'retryMs' | 'limitMs'>;
}

const PATIENCE = { retryMs: 1000, limitMs: 300_000 };
/** A parameter holds 4 KB. */
const REASON_LENGTH = 1500;

/**
 * @returns the verdict as told; undefined when the worker was told to end before
 * @throws when it cannot be told
 */
export async function checkCandidate(ports: CandidatePorts): Promise<CandidateVerdict | undefined> {
  const { imageId, tell, stop, log, clock } = ports;
  const startMs = clock();
  log('info', 'candidate-check-started');
  const reason = await fault(ports);
  if (stop.aborted) {
    log('info', 'candidate-check-cancelled', { reason: String(stop.reason) });
    return undefined;
  }
  const verdict: CandidateVerdict = {
    outcome: reason === undefined ? 'passed' : 'failed',
    ...(reason !== undefined && { reason: reason.slice(0, REASON_LENGTH) }),
    seconds: Math.round((clock() - startMs) / 1000),
    // Only for the record: not knowing it says nothing against the image.
    imageId: await imageId().catch(() => undefined),
  };
  await tell(verdict);
  log(reason === undefined ? 'info' : 'error', 'candidate-checked', { ...verdict });
  return verdict;
}

/** Why this machine cannot colour; undefined when it can. */
async function fault(ports: CandidatePorts): Promise<string | undefined> {
  const { check, canary, stop, log, clock, patience = PATIENCE } = ports;
  if (!canary)
    return 'the image has no recorded colours (CANARY_FILE), so nothing would show that its weights are wrong';
  try {
    await untilReady(check, stop, log, {
      ...patience,
      now: clock,
      isFatal: (error) => error instanceof CanaryMismatch,
    });
    return undefined;
  } catch (error) {
    return describeError(error);
  }
}
