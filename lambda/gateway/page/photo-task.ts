/** One photo on its way to colour: what it is at, and how far. */
import { PHOTO_TYPES, type PhotoType } from '../../../contract/photo-types.ts';
import type { Reason } from './texts.ts';

export type Step =
  'queued' | 'preparing' | 'sending' | 'waiting' | 'fetching' | 'merging' | 'succeeded' | 'failed';

export interface PhotoTask {
  key: number;
  file: File;
  type: PhotoType | undefined;
  /** Whether the browser does its part and the original stays here. */
  keepOriginal: boolean;
  step: Step;
  /** Of the sending, 0 to 1. */
  uploadProgress: number;
  /** While it waits: what the service says. */
  ahead: number | null;
  seconds: number | null;
  secondsAtMost: number | null;
  /** When the last of these was said, and when the wait began: epoch milliseconds. */
  statusAt: number;
  waitingSince: number;
  startedAt: number;
  endedAt: number;
  bytesSent: number;
  bytesReceived: number;
  result: Blob | undefined;
  /** Small pictures to show, as addresses. */
  before: string | undefined;
  after: string | undefined;
  /** Why it failed, and what the service said beside it. */
  reason: Reason | undefined;
  detail: string;
  /** Its id at the service, once its bytes are there: trying again goes on from there. */
  id: string | undefined;
  /** Whether its user has the result. */
  saved: boolean;
  abort: AbortController;
}

/** By the ending of a name; the first of a type is the one that results get. */
const ENDINGS = new Map<string, PhotoType>([
  ['jpg', 'image/jpeg'],
  ['jpeg', 'image/jpeg'],
  ['jfif', 'image/jpeg'],
  ['png', 'image/png'],
  ['webp', 'image/webp'],
  ['tif', 'image/tiff'],
  ['tiff', 'image/tiff'],
]);

/** A browser's type, or what the name says where it has none, as some have not for TIFF. */
export const typeOf = ({ type, name }: File): PhotoType | undefined =>
  PHOTO_TYPES.find((one) => one === type) ??
  (type === '' ? ENDINGS.get(name.split('.').at(-1)?.toLowerCase() ?? '') : undefined);

let last = 0;

export const newTask = (file: File, here: boolean): PhotoTask => ({
  key: ++last,
  file,
  type: typeOf(file),
  keepOriginal: here,
  step: 'queued',
  uploadProgress: 0,
  ahead: null,
  seconds: null,
  secondsAtMost: null,
  statusAt: 0,
  waitingSince: 0,
  startedAt: 0,
  endedAt: 0,
  bytesSent: 0,
  bytesReceived: 0,
  result: undefined,
  before: undefined,
  after: undefined,
  reason: undefined,
  detail: '',
  id: undefined,
  saved: false,
  abort: new AbortController(),
});

/** Shares of the bar: what comes before the wait, and where the wait ends. */
const SENT = 0.3;
const WAITED = 0.9;

/**
 * How far a photo is, 0 to 1. The wait fills its part by the estimate, and creeps on where that was too short: a bar that
 * stands still at its end would lie about the rest.
 */
export function progressOf(work: PhotoTask, nowMs: number): number {
  switch (work.step) {
    case 'queued':
      return 0;
    case 'preparing':
      return 0.03;
    case 'sending':
      return 0.06 + (SENT - 0.06) * work.uploadProgress;
    case 'waiting': {
      const waited = (nowMs - work.waitingSince) / 1000;
      const left = work.seconds === null ? 60 : Math.max(0, work.seconds - (nowMs - work.statusAt) / 1000);
      return SENT + (WAITED - SENT) * (waited / (waited + left + 0.15 * waited + 0.5));
    }
    case 'fetching':
      return 0.93;
    case 'merging':
      return 0.96;
    case 'succeeded':
    case 'failed':
      return 1;
  }
}

/** Seconds that are left by the last word of the service. */
export const secondsLeft = ({ seconds, statusAt: saidAt }: PhotoTask, nowMs: number): number | null =>
  seconds === null ? null : Math.max(1, seconds - (nowMs - saidAt) / 1000);

export const isPending = ({ step }: PhotoTask): boolean => step !== 'succeeded' && step !== 'failed';

/** The name for a result, whose format may be another where the browser cannot write the photo's own. */
export function resultName({ file: { name } }: PhotoTask, type: string): string {
  const ending = [...ENDINGS].find(([, one]) => one === type)?.[0];
  const dot = name.lastIndexOf('.');
  const own = dot > 0 ? ENDINGS.get(name.slice(dot + 1).toLowerCase()) : undefined;
  if (ending === undefined || own === type) return name;
  // What follows a dot may as well be a year.
  return own === undefined ? `${name}.${ending}` : `${name.slice(0, dot)}.${ending}`;
}
