/** State of one photo on the page, and its progress. */
import { safeFileName } from '../../../contract/file-name.ts';
import type { Options } from '../../../contract/photo-option.ts';
import type { Lane } from '../../../contract/lanes.ts';
import {
  PHOTO_TYPES,
  TYPE_OF_EXTENSION,
  type PhotoType,
  type Remark,
} from '../../../contract/photo-types.ts';
import type { ErrorCode } from './texts.ts';

export type Step =
  | 'queued'
  | 'preparing'
  | 'uploading'
  | 'waiting'
  | 'downloading'
  | 'merging'
  | 'succeeded'
  | 'failed';

export interface PhotoTask {
  /** Of the photo on this device. */
  key: string;
  /** Of its original, which other looks of the photo share. */
  original: string;
  /** Epoch milliseconds; of no two photos of a page the same. */
  addedAt: number;
  file: File;
  /** Of the file, as it is shown and sent: `safeFileName`. */
  name: string;
  type: PhotoType | undefined;
  /** Whether the original stays on the device and the browser adds the colours. */
  keepOriginal: boolean;
  lane: Lane;
  /** Of its workflow, that are not the default. */
  options: Options;
  /** @default - the stage's own */
  workflow?: string | undefined;
  step: Step;
  /** 0 to 1. */
  uploadProgress: number;
  /** Estimate of the service, received at `statusAt`; null when unknown. */
  ahead: number | null;
  seconds: number | null;
  secondsAtMost: number | null;
  /** Times in epoch milliseconds. */
  statusAt: number;
  waitingSince: number;
  startedAt: number;
  finishedAt: number;
  bytesSent: number;
  bytesReceived: number;
  result: Blob | undefined;
  /** Colours of the service, of an original that stays on the device. */
  chroma: Blob | undefined;
  /** Small copies: of the photo, which colours are shown on, and of its result. */
  pictures: { before?: Blob; after?: Blob };
  /** Their object URLs. */
  before: string | undefined;
  after: string | undefined;
  error: ErrorCode | undefined;
  /** Shown for an error without a code. */
  detail: string;
  /** What the service says of a photo that has succeeded. */
  remarks: readonly Remark[];
  /** Whether the last request failed and is tried again: the connection is gone, or the service does not answer. */
  retrying: boolean;
  /** Photo id at the service after the upload: a retry continues from there. */
  id: string | undefined;
  /** Whether the service did not delete it, although the user wants that. @default false */
  isLeft?: boolean;
  /** Whether the user has downloaded the result. */
  saved: boolean;
  abort: AbortController;
}

const typeOfExtension = (extension = ''): PhotoType | undefined =>
  Object.hasOwn(TYPE_OF_EXTENSION, extension.toLowerCase())
    ? TYPE_OF_EXTENSION[extension.toLowerCase()]
    : undefined;

/** The browser's type, or else the type of the extension: some browsers have none for TIFF. */
export const typeOf = ({ type, name }: File): PhotoType | undefined =>
  PHOTO_TYPES.find((one) => one === type) ??
  (type === '' ? typeOfExtension(name.split('.').at(-1)) : undefined);

const newKey = (): string => crypto.randomUUID();

let lastAddedAt = 0;
/** Photos that are added together keep their order. */
const nextAddedAt = (): number => (lastAddedAt = Math.max(Date.now(), lastAddedAt + 1));

/** @param original of a photo that is coloured in another look. @default its own */
export const newTask = (
  file: File,
  keepOriginal: boolean,
  lane: Lane = 'interactive',
  options: Options = {},
  original: string = newKey(),
  workflow?: string,
): PhotoTask => ({
  key: newKey(),
  original,
  addedAt: nextAddedAt(),
  file,
  name: safeFileName(file.name),
  type: typeOf(file),
  keepOriginal,
  lane,
  options,
  ...(workflow !== undefined && { workflow }),
  step: 'queued',
  uploadProgress: 0,
  ahead: null,
  seconds: null,
  secondsAtMost: null,
  statusAt: 0,
  waitingSince: 0,
  startedAt: 0,
  finishedAt: 0,
  bytesSent: 0,
  bytesReceived: 0,
  result: undefined,
  chroma: undefined,
  pictures: {},
  before: undefined,
  after: undefined,
  error: undefined,
  detail: '',
  remarks: [],
  id: undefined,
  retrying: false,
  saved: false,
  abort: new AbortController(),
});

/** Progress at the end of the upload, and at the end of the wait. */
const UPLOADED = 0.3;
const WAITED = 0.9;

/**
 * Progress from 0 to 1. While waiting it follows the estimate, and still grows after the estimate has passed.
 *
 * @param nowMs epoch milliseconds
 */
export function progressOf(task: PhotoTask, nowMs: number): number {
  switch (task.step) {
    case 'queued':
      return 0;
    case 'preparing':
      return 0.03;
    case 'uploading':
      return 0.06 + (UPLOADED - 0.06) * task.uploadProgress;
    case 'waiting': {
      const waited = (nowMs - task.waitingSince) / 1000;
      const left = expectedLeft(task, nowMs) ?? 60;
      return UPLOADED + (WAITED - UPLOADED) * (waited / (waited + left + 0.15 * waited + 0.5));
    }
    case 'downloading':
      return 0.93;
    case 'merging':
      return 0.96;
    case 'succeeded':
    case 'failed':
      return 1;
  }
}

/** A bulk photo without an estimate is expected at its deadline. */
function expectedLeft({ seconds, secondsAtMost, lane, statusAt }: PhotoTask, nowMs: number): number | null {
  const expected = seconds ?? (lane === 'bulk' ? secondsAtMost : null);
  return expected === null ? null : Math.max(0, expected - (nowMs - statusAt) / 1000);
}

/** Seconds until the deadline of a bulk photo; null of others, and while it is unknown. */
export const secondsToDeadline = (
  { lane, secondsAtMost, statusAt }: PhotoTask,
  nowMs: number,
): number | null =>
  lane === 'bulk' && secondsAtMost !== null ? secondsAtMost - (nowMs - statusAt) / 1000 : null;

/** Seconds left of the last estimate, at least 1. */
export const secondsLeft = ({ seconds, statusAt }: PhotoTask, nowMs: number): number | null =>
  seconds === null ? null : Math.max(1, seconds - (nowMs - statusAt) / 1000);

export const isPending = ({ step }: PhotoTask): boolean => step !== 'succeeded' && step !== 'failed';

/** File name of a result: a browser may not be able to write the photo's own format. */
export function resultName({ name }: PhotoTask, type: string): string {
  const extension = Object.entries(TYPE_OF_EXTENSION).find(([, one]) => one === type)?.[0];
  const dot = name.lastIndexOf('.');
  const ownType = dot > 0 ? typeOfExtension(name.slice(dot + 1)) : undefined;
  if (extension === undefined || ownType === type) return name;
  // After a dot may be something else, such as a year.
  return ownType === undefined ? `${name}.${extension}` : `${name.slice(0, dot)}.${extension}`;
}
