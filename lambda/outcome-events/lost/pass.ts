/**
 * Which outcomes the sweep compares with what was sent. Pure; times are epoch seconds.
 *
 * A pass lists the whole bucket in the order of keys, in as many runs as that takes, and compares the outcomes of one period: from the end of the last
 * pass's period to some hours before its own start. A period whose outcomes have all been sent is never compared again.
 */
import { SENT_KEPT_SECONDS } from '../../../contract/sent-event.ts';

/** Later than the last attempt at a message of the outcome queue: two and a half hours. An event that is on its way is not lost. */
export const GRACE_SECONDS = 3 * 3600;
/** From the start of a pass to the next one: every sixth run. One of them may be a minute late, and the sixth after it not. */
export const EVERY_SECONDS = 6 * 3600 - 300;
/** An outcome that is older has no row any more, sent or not. */
const COMPARED_SECONDS = SENT_KEPT_SECONDS - 86_400;

export interface Pass {
  /** End of its period. */
  until: number;
  /** Of the folders of outcomes, the one that is listed. */
  folder: number;
  /** Last key of that folder that was compared; absent at its start. */
  after?: string | undefined;
  /** Whether every lost event of the period could be sent. */
  isClean: boolean;
}

export interface SweepState {
  /** The outcomes that were stored before are none of the sweep's any more. */
  doneUntil: number;
  /** Start of the last pass. */
  startedAt: number;
  pass?: Pass | undefined;
}

/**
 * What a run goes on with.
 *
 * @param state undefined at the first run ever: outcomes from before have no rows, and no event
 */
export function begun(state: SweepState | undefined, now: number): SweepState {
  if (!state) return { doneUntil: now, startedAt: now };
  if (state.pass || now - state.startedAt < EVERY_SECONDS) return state;
  const doneUntil = Math.max(state.doneUntil, now - COMPARED_SECONDS);
  const until = now - GRACE_SECONDS;
  if (until <= doneUntil) return state;
  return { doneUntil, startedAt: now, pass: { until, folder: 0, isClean: true } };
}

export const isCompared = (storedAt: number, { doneUntil, pass }: SweepState): boolean =>
  pass !== undefined && storedAt >= Math.floor(doneUntil) && storedAt <= pass.until;

export interface ComparedPage {
  /** Last key of the page; undefined of an empty one. */
  last: string | undefined;
  /** Whether the folder ends with it. */
  isLast: boolean;
  /** Whether each lost event of the page was sent. */
  isClean: boolean;
}

/** @param folders number of folders of outcomes */
export function advanced(state: SweepState, page: ComparedPage, folders: number): SweepState {
  const { doneUntil, startedAt, pass } = state;
  if (!pass) return state;
  const isClean = pass.isClean && page.isClean;
  if (!page.isLast) return { ...state, pass: { ...pass, isClean, after: page.last } };
  const folder = pass.folder + 1;
  if (folder < folders) return { ...state, pass: { until: pass.until, folder, isClean } };
  // What could not be sent is compared again in the next pass.
  return { doneUntil: isClean ? pass.until : doneUntil, startedAt };
}
