/** A bucket with outcomes, and the rows of events that were sent, in memory: every call may fail. */
import type { OutcomeEvent } from '../../../../contract/outcome-event.ts';
import type { SweepState } from '../../../../lambda/outcome-events/lost/pass.ts';
import type {
  OutcomeListing,
  OutcomeStore,
  SentEvents,
  StoredOutcome,
  SweepStore,
} from '../../../../lambda/outcome-events/ports.ts';

type Step = () => void;

/** As a worker stores the result of a photo. @param storedAt epoch seconds */
export const resultOf = (key: string, storedAt: number): StoredOutcome => ({
  ...{ key, etag: `e${storedAt}`, bytes: 1, contentType: 'image/png', storedAtMs: storedAt * 1000 },
  metadata: { 'source-etag': 'p' },
});

export class MemoryOutcomes implements OutcomeStore, OutcomeListing {
  readonly stored = new Map<string, StoredOutcome>();
  pages = 0;

  constructor(
    private readonly pageSize: number,
    private readonly step: Step = () => undefined,
  ) {}

  async read(key: string) {
    this.step();
    return this.stored.get(key);
  }

  async page(folder: string, after = '') {
    this.step();
    this.pages += 1;
    const keys = [...this.stored.keys()].filter((key) => key.startsWith(folder) && key > after).sort();
    const outcomes = keys.slice(0, this.pageSize).map((key) => ({
      ...{ key, storedAt: Math.floor(this.stored.get(key)!.storedAtMs / 1000) },
    }));
    return { outcomes, isLast: keys.length <= this.pageSize };
  }
}

export class MemorySentEvents implements SentEvents, SweepStore {
  readonly rows = new Map<string, number>();
  state: SweepState | undefined;

  constructor(private readonly step: Step = () => undefined) {}

  async add(events: readonly OutcomeEvent[]) {
    this.step();
    for (const { timestamp, data } of events)
      this.rows.set(
        'result' in data ? data.result.key : data.failure.key,
        Math.floor(Date.parse(timestamp) / 1000),
      );
  }

  async sent(keys: readonly string[]) {
    this.step();
    return new Map([...this.rows].filter(([key]) => keys.includes(key)));
  }

  async read() {
    this.step();
    return this.state;
  }

  async write(state: SweepState) {
    this.step();
    this.state = structuredClone(state);
  }
}
