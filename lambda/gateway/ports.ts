/** Ports and settings of the gateway's rules. Times are epoch seconds. */
import type { OfferedWorkflow } from '../../contract/offered-workflow.ts';
import type { Failure } from '../../contract/failure.ts';
import type { Lane } from '../../contract/lanes.ts';
import type { ColouredPhotos, Output, PhotoType, Remark } from '../../contract/photo-types.ts';
import type { Options, PhotoOption } from '../../contract/photo-option.ts';
import type { View } from '../../contract/view.ts';
import type { Slot } from './announced.ts';
import type { QuotaWindow } from './quotas.ts';
import type { UnfinishedCounterKey } from './sidelining.ts';

export interface Caller {
  /** Owner of the photos that this caller creates. */
  owner: string;
  /** Key of the caller's hourly quota. */
  quotaKey: string;
}

/** A photo that was created; its bytes may still be missing. */
export interface PhotoRecord {
  id: string;
  owner: string;
  name: string;
  type: PhotoType;
  output: Output;
  /** @default interactive */
  lane?: Lane;
  createdAt: number;
  /** Whether it is in the interactive lane's second queue. @default false */
  sidelined?: boolean;
  /** Counter of its caller's unfinished photos that it is in. @default it is in none, or has left it */
  counter?: UnfinishedCounterKey;
  /** Among the photos that were announced in the same ten seconds, from 1 on. @default unknown */
  place?: number;
  linkExpiresAt: number;
  /** In the upload's metadata, and in every log line of the photo; '' in records of versions before 0.4.0. */
  trace: string;
  /** By then the photo and its outcome have been deleted. */
  expiresAt: number;
  /** When its deletion began: from then on there is no such photo. @default it is not deleted */
  deletedAt?: number;
  /** Whether the deletion has met an outcome. @default false */
  hadOutcome?: boolean;
}

/** Where a photo and its outcomes are in the bucket. */
export type PhotoPlace = Pick<PhotoRecord, 'id' | 'lane' | 'sidelined'>;

export type DeletionMark = Pick<Required<PhotoRecord>, 'deletedAt'> & Pick<PhotoRecord, 'hadOutcome'>;

export interface PhotoRegistry {
  /** @throws Error when the id exists */
  put(photo: PhotoRecord): Promise<void>;
  /** Strongly consistent. @returns undefined for an unknown id */
  get(id: string): Promise<PhotoRecord | undefined>;
  /**
   * Records that a photo is being deleted.
   *
   * @returns false, without making a record, when there is none
   */
  markDeleted(id: string, mark: DeletionMark): Promise<boolean>;
  /** @returns the record as it was; undefined when there is none. Of several calls at once one gets it */
  remove(id: string): Promise<PhotoRecord | undefined>;
  /** Adds one to the counter of a window. @returns false, without counting, when the limit is reached */
  countPhoto(window: QuotaWindow): Promise<boolean>;
}

export interface StoredPhoto {
  bytes: number;
  type: string;
  /** S3's time of last modification. */
  storedAt: number;
  /** Of a result. @default none */
  remarks?: Remark[];
}

export interface UploadLink {
  url: string;
  headers: Record<string, string>;
}

/** What a browser saves a download as. */
export interface DownloadedFile {
  name: string;
  type: PhotoType;
}

/** Photos, results and failure records in the bucket; what reads one returns undefined for a missing object. */
export interface PhotoStorage {
  photo(place: PhotoPlace): Promise<StoredPhoto | undefined>;
  result(place: PhotoPlace): Promise<StoredPhoto | undefined>;
  failure(place: PhotoPlace): Promise<(Failure & { storedAt: number }) | undefined>;
  /**
   * Replaces the photo by a placeholder, on condition that it is what was read. A placeholder that is there stays as it is.
   *
   * @param refuseUploads where there is no photo, whether its link may still store one
   */
  beginDeletion(place: PhotoPlace, refuseUploads: boolean): Promise<void>;
  /**
   * To be called when outcomes may be removed.
   *
   * @param refuseUploads keeps the placeholder, by which S3 refuses an upload through its link
   */
  endDeletion(place: PhotoPlace, refuseUploads: boolean): Promise<void>;
  /** Deletes result and failure record. */
  removeOutcomes(place: PhotoPlace): Promise<void>;
  /** Link that stores one object of exactly this size, once. */
  uploadLink(
    photo: PhotoRecord,
    bytes: number,
    seconds: number,
    colouredPhotos?: ColouredPhotos,
    options?: Options,
  ): Promise<UploadLink>;
  /** Link whose response has the headers of the file, and none that an uploader has stored. */
  downloadLink(
    place: PhotoPlace,
    which: 'photo' | 'result',
    file: DownloadedFile,
    seconds: number,
  ): Promise<string>;
  /** The copy of a photo's result that shared links are for. */
  shared(id: string): Promise<StoredPhoto | undefined>;
  /** Makes that copy, without the metadata of the result. */
  copyToShared(place: PhotoPlace, type: PhotoType): Promise<void>;
  /** Deletes that copy. */
  removeShared(id: string): Promise<void>;
  /** Link to that copy, which shows it under a name that says nothing. */
  sharedLink(id: string, file: DownloadedFile, seconds: number): Promise<string>;
}

export interface ViewReader {
  /** @returns the view that the scaler published last; undefined if none */
  read(): Promise<View | undefined>;
}

export interface ArrivalCounter {
  /** Counts an interactive photo that is announced. @returns its place in its slot; undefined where it was not counted */
  count(at: number): Promise<number | undefined>;
  /** @returns each slot of the last two minutes or more, oldest first; empty where they cannot be read */
  read(at: number): Promise<Slot[]>;
}

/** Counts each caller's unfinished photos in the first queue: `sidelining.ts`. What fails is reported, and sidelines no photo. */
export interface UnfinishedPhotos {
  /** Counts one more, unless so many are counted. @returns whether it was counted; undefined where that is unknown */
  enter(counter: UnfinishedCounterKey, limit: number): Promise<boolean | undefined>;
  /** Takes the photo out of its counter, once: its outcome is known. */
  leave(photo: Pick<PhotoRecord, 'id'> & { counter: UnfinishedCounterKey }): Promise<void>;
}

/** Usage of callers. */
export interface AcceptedPhotos {
  /** Counts a photo that an owner has announced. @param at epoch seconds */
  accept(owner: string, at: number): Promise<void>;
}

export interface GatewayPorts {
  /** @default - the stage has no usage */
  accepted?: AcceptedPhotos | undefined;
  arrivals: ArrivalCounter;
  unfinished: UnfinishedPhotos;
  registry: PhotoRegistry;
  storage: PhotoStorage;
  viewReader: ViewReader;
}

export interface PhotoSettings {
  maxUploadBytes: number;
  /** Quota of one caller, in each lane. */
  photosPerHour: number;
  /** Quota of all callers together. */
  photosPerDay: number;
  /** Lifetime of a presigned link, seconds. */
  linkSeconds: number;
  /** Days until S3 deletes photos. */
  photoDays: number;
  /** Days until S3 deletes results and failure records. */
  resultDays: number;
  /** Side in pixels of a chroma; 0 if the workflow has no chroma output. */
  chromaSize: number;
  /** Whether the stage has a queue of sidelined photos. */
  sidelines: boolean;
  /** Within which a photo of the bulk lane is coloured; 0 without a bulk lane. */
  bulkDeadlineSeconds: number;
  /**
   * That photos of the stage's workflow have.
   *
   * @default none
   */
  options?: readonly PhotoOption[];
  /** That a photo may name, the stage's own first. @default - the stage has one workflow */
  workflows?: readonly OfferedWorkflow[] | undefined;
}
