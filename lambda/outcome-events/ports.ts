/** Ports of the function that sends the events of outcomes. */
import type { Failure } from '../../contract/failure.ts';
import type { OutcomeEvent } from '../../contract/outcome-event.ts';

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
