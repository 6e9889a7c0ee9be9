/** What the rules need from outside. Times are epoch seconds. */
import type { Failure } from '../../contract/failure.ts';
import type { Output, PhotoType } from '../../contract/photo-types.ts';
import type { View } from '../../contract/view.ts';
import type { QuotaWindow } from './quotas.ts';

/** A photo that somebody has asked a link for. */
export interface PhotoRecord {
  id: string;
  /** Whose it is; callers of an open stage are all the same to us, and know photos by their ids alone. */
  owner: string;
  name: string;
  type: PhotoType;
  output: Output;
  createdAt: number;
  /** Nothing can be stored by its link any more. */
  linkExpiresAt: number;
  /** All that is left of it has been deleted by then. */
  expiresAt: number;
}

export interface PhotoRegistry {
  put(photo: PhotoRecord): Promise<void>;
  /** As last written; undefined for an id that nobody was given. */
  get(id: string): Promise<PhotoRecord | undefined>;
  /** Counts one more in a window. @returns false, and counts nothing, when the limit is reached */
  countPhoto(window: QuotaWindow): Promise<boolean>;
}

export interface StoredPhoto {
  bytes: number;
  type: string;
  /** When S3 stored it. */
  storedAt: number;
}

export interface UploadLink {
  url: string;
  headers: Record<string, string>;
}

/** Photos and their ends in the bucket. */
export interface PhotoStorage {
  /** Undefined where nothing is. */
  photo(id: string): Promise<StoredPhoto | undefined>;
  result(id: string): Promise<StoredPhoto | undefined>;
  failure(id: string): Promise<(Failure & { storedAt: number }) | undefined>;
  /** Stores one object of exactly so many bytes, once. */
  uploadLink(photo: PhotoRecord, bytes: number, seconds: number): Promise<UploadLink>;
  /** @param name that a browser saves it under */
  downloadLink(id: string, which: 'photo' | 'result', name: string, seconds: number): Promise<string>;
}

export interface ViewReader {
  /** What the scaler published last; undefined when it never has. */
  read(): Promise<View | undefined>;
}

export interface GatewayPorts {
  registry: PhotoRegistry;
  storage: PhotoStorage;
  viewReader: ViewReader;
}

/** Who asks. */
export interface Caller {
  /** Whose the photos are that this one sends. */
  owner: string;
  /** Whom the hourly limit counts. */
  quotaKey: string;
}
