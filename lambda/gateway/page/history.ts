/** What the device remembers of each photo, and which ones go first where it has too many. */
import type { Lane } from '../../../contract/lanes.ts';
import type { Options } from '../../../contract/photo-option.ts';
import type { PhotoType, Remark } from '../../../contract/photo-types.ts';
import { isPending, newTask, type PhotoTask } from './photo-task.ts';
import type { ErrorCode } from './texts.ts';

/** Files of a photo. */
export const PARTS = ['original', 'result', 'chroma', 'before', 'after'] as const;
export type Part = (typeof PARTS)[number];
export type Parts = Partial<Record<Part, Blob>>;

/** A photo as the device remembers it, without its files. Times are epoch milliseconds. */
export interface KeptPhoto {
  key: string;
  /** Of the original, which several looks of a photo share. */
  original: string;
  /** Digest of the signed-in user; empty at a stage without sign-in. */
  owner: string;
  addedAt: number;
  name: string;
  type: PhotoType | undefined;
  keepOriginal: boolean;
  lane: Lane;
  options: Options;
  /** @default - the stage's own */
  workflow?: string | undefined;
  state: 'pending' | 'succeeded' | 'failed';
  /** At the service, once it has the photo. */
  id: string | undefined;
  startedAt: number;
  finishedAt: number;
  bytesSent: number;
  bytesReceived: number;
  error: ErrorCode | undefined;
  detail: string;
  remarks: readonly Remark[];
  saved: boolean;
  /** Bytes of its files without the original, and of the original where it is kept. */
  bytes: number;
  originalBytes: number;
}

/** The session has ended, not the photo's way: it goes on after the next sign-in. */
const isHeldUp = ({ step, error }: PhotoTask) => step === 'failed' && error === 'unauthorized';

const isUnfinished = (task: PhotoTask) => isPending(task) || isHeldUp(task);

/** The files that the photo needs from here on. Of one that was sent whole and has its result, the original is not among them. */
export function partsOf(task: PhotoTask): Parts {
  const { file, keepOriginal, result, chroma, pictures } = task;
  const parts: Parts = {
    ...(keepOriginal || task.step !== 'succeeded' ? { original: file } : {}),
    ...pictures,
  };
  if (result) parts.result = result;
  if (chroma) parts.chroma = chroma;
  return parts;
}

export function keptPhotoOf(task: PhotoTask, owner: string): KeptPhoto {
  const { key, original, addedAt, name, type, keepOriginal, lane, options, workflow, id, saved } = task;
  const { startedAt, finishedAt, bytesSent, bytesReceived, detail, remarks, step } = task;
  const goesOn = isUnfinished(task);
  const { original: file, ...others } = partsOf(task);
  return {
    ...{ key, original, owner, addedAt, name, type, keepOriginal, lane, options, id, saved },
    ...(workflow !== undefined && { workflow }),
    state: goesOn ? 'pending' : step === 'failed' ? 'failed' : 'succeeded',
    error: goesOn ? undefined : task.error,
    ...{ startedAt, finishedAt, bytesSent, bytesReceived, detail, remarks },
    bytes: Object.values(others).reduce((sum, { size }) => sum + size, 0),
    originalBytes: file?.size ?? 0,
  };
}

/** A pending photo starts anew, from its id where the service has it. */
export function taskOf(kept: KeptPhoto, { original, result, chroma, ...pictures }: Parts): PhotoTask {
  const { key, original: originalKey, owner: _, state, bytes: _b, originalBytes: _o, ...same } = kept;
  const file = fileOf(kept, original);
  const urlOf = (image: Blob | undefined) => image && URL.createObjectURL(image);
  return {
    ...newTask(file, kept.keepOriginal, kept.lane, kept.options, originalKey),
    ...same,
    key,
    step: state === 'pending' ? 'queued' : state,
    ...{ result, chroma, pictures },
    before: urlOf(pictures.before),
    after: urlOf(pictures.after),
  };
}

/** With the name and type that the photo had: storage returns files, but some browsers return plain blobs. */
const fileOf = ({ name, type }: KeptPhoto, original: Blob | undefined): File =>
  new File(original ? [original] : [], name, { type: original?.type || (type ?? '') });

/** Bytes that photos take: an original that several share is there once. */
export function bytesOf(kept: readonly KeptPhoto[]): number {
  const originals = new Map(kept.map(({ original, originalBytes }) => [original, originalBytes]));
  return [...originals.values(), ...kept.map(({ bytes }) => bytes)].reduce((sum, one) => sum + one, 0);
}

export interface HistoryLimits {
  photos: number;
  bytes: number;
}

/**
 * Keys of the photos that are too many, oldest first; finished ones before those that still need their files. The newest one stays.
 *
 * @param kept all photos on the device, of every user
 */
export function tooMany(kept: readonly KeptPhoto[], limits: HistoryLimits): string[] {
  const sharing = new Map<string, number>();
  for (const { original } of kept) sharing.set(original, (sharing.get(original) ?? 0) + 1);
  let bytes = bytesOf(kept);
  let photos = kept.length;
  const isNeeded = ({ state }: KeptPhoto) => Number(state === 'pending');
  const candidates = [...kept]
    .sort((a, b) => a.addedAt - b.addedAt)
    .slice(0, -1)
    .sort((a, b) => isNeeded(a) - isNeeded(b));
  const removed: string[] = [];
  for (const { key, original, bytes: own, originalBytes } of candidates) {
    if (photos <= limits.photos && bytes <= limits.bytes) break;
    const others = (sharing.get(original) ?? 1) - 1;
    sharing.set(original, others);
    photos--;
    bytes -= own + (others === 0 ? originalBytes : 0);
    removed.push(key);
  }
  return removed;
}
