/**
 * Checks a candidate image: runs the readiness check that decides whether an instance goes into service, and writes the
 * verdict.
 *
 * - Its limit is shorter than that of the fleet's instances: a check under way can take four minutes beyond it, and systemd
 *   stops a service that is not ready after ten, without a verdict.
 * - A canary mismatch is final: an image with other weights has it at every check.
 */
import type { CandidateVerdict } from '../../contract/candidate-verdict.ts';
import { CanaryMismatch, type Canary } from '../comfyui/canary.ts';
import { untilReady, type RetryPolicy } from '../comfyui/readiness.ts';
import { describeError, type Log } from '../telemetry/log.ts';

export interface CandidatePorts {
  /** Rejects with the reason why this instance cannot colour. */
  check: () => Promise<unknown>;
  /** Colours that the check compares with; without them it proves nothing. */
  canary: Canary | undefined;
  /** Of this instance, from its metadata. */
  imageId: () => Promise<string | undefined>;
  putVerdict: (verdict: CandidateVerdict) => Promise<void>;
  /** Aborted when the worker is to stop. */
  stop: AbortSignal;
  log: Log;
  /** Monotonic milliseconds. */
  clock: () => number;
  retryPolicy?: Pick<RetryPolicy, 'retryMs' | 'limitMs'>;
}

const RETRY_POLICY = { retryMs: 1000, limitMs: 300_000 };
/** Characters; a parameter holds 4 KB. */
const MAX_REASON_LENGTH = 1500;

/**
 * @returns the verdict that was written; undefined when the worker was stopped before
 * @throws when it cannot be written
 */
export async function checkCandidate(ports: CandidatePorts): Promise<CandidateVerdict | undefined> {
  const { imageId, putVerdict, stop, log, clock } = ports;
  const startMs = clock();
  log('info', 'candidate-check-started');
  const reason = await failureReason(ports);
  if (stop.aborted) {
    log('info', 'candidate-check-cancelled', { reason: String(stop.reason) });
    return undefined;
  }
  const verdict: CandidateVerdict = {
    outcome: reason === undefined ? 'passed' : 'failed',
    ...(reason !== undefined && { reason: reason.slice(0, MAX_REASON_LENGTH) }),
    seconds: Math.round((clock() - startMs) / 1000),
    // Only for the record, so the verdict does not depend on it.
    imageId: await imageId().catch(() => undefined),
  };
  await putVerdict(verdict);
  log(reason === undefined ? 'info' : 'error', 'candidate-checked', { ...verdict });
  return verdict;
}

/** Why this instance cannot colour; undefined when it can. */
async function failureReason(ports: CandidatePorts): Promise<string | undefined> {
  const { check, canary, stop, log, clock, retryPolicy = RETRY_POLICY } = ports;
  if (!canary)
    return 'the image has no recorded colours (CANARY_FILE), so wrong weights would not be noticed';
  try {
    const isFatal = (error: unknown) => error instanceof CanaryMismatch;
    await untilReady(check, stop, log, { ...retryPolicy, now: clock, isFatal });
    return undefined;
  } catch (error) {
    return describeError(error);
  }
}
