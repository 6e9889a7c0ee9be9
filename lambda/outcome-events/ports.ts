/** Ports of the functions that send the events of outcomes, and look for lost ones. */
import type { Failure } from '../../contract/failure.ts';
import type { OutcomeEvent } from '../../contract/outcome-event.ts';
import type { SweepState } from './lost/pass.ts';

/** An object of an outcome folder as it is stored now. */
export interface StoredOutcome {
  key: string;
  /** Without quotes. */
  etag: string;
  bytes: number;
  contentType: string;
  /** Epoch milliseconds. */
  storedAtMs: number;
  /** `x-amz-meta-` by name. */
  metadata: Readonly<Record<string, string>>;
  /** The record of a photo that failed; undefined of a result. */
  failure?: Failure | undefined;
}

export interface OutcomeStore {
  /** @returns undefined for a missing object: its photo was replaced or deleted */
  read(key: string, kind: 'result' | 'failed'): Promise<StoredOutcome | undefined>;
}

/** Where the events go. A destination gets each event at least once. */
export interface Destination {
  /** @returns the ids of the events that it has not accepted */
  send(events: readonly OutcomeEvent[]): Promise<ReadonlySet<string>>;
}

export interface Context {
  stage: string;
  bucket: string;
}

/** An object in a list of the bucket. */
export interface ListedOutcome {
  key: string;
  /** Epoch seconds, whole: S3 has no finer time. */
  storedAt: number;
}

export interface OutcomeListing {
  /** Objects of a folder in the order of their keys. @param after a key; undefined at the start */
  page(folder: string, after: string | undefined): Promise<{ outcomes: ListedOutcome[]; isLast: boolean }>;
}

/** Which events were sent. */
export interface SentEvents {
  add(events: readonly OutcomeEvent[], now: number): Promise<void>;
  /** @returns for each outcome of which an event was sent, by key, when it was stored, epoch seconds */
  sent(keys: readonly string[]): Promise<ReadonlyMap<string, number>>;
}

export interface SweepStore {
  read(): Promise<SweepState | undefined>;
  write(state: SweepState): Promise<void>;
}
