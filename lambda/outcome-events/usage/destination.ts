/** Usage as a destination of events: each outcome is counted once, for the caller that announced its photo, on the day of the outcome. */
import type { OutcomeEvent } from '../../../contract/outcome-event.ts';
import { DIRECT, UNKNOWN_CALLER, usageCaller, usageDay } from '../../../contract/usage.ts';
import { ownerDigest } from '../../../contract/webhook.ts';
import type { Destination } from '../ports.ts';

/** An outcome as it is counted. */
export interface CountedOutcome {
  /** Id of its event. */
  event: string;
  isColoured: boolean;
  /** Null where unknown. */
  workedSeconds: number | null;
}

export interface UsageStore {
  /** Counts those of the outcomes that are not counted yet. @returns those that it counted */
  count(day: string, caller: string, outcomes: readonly CountedOutcome[]): Promise<CountedOutcome[]>;
}

export interface UsagePorts {
  /** @returns the caller that announced a photo of the API; undefined for an unknown one */
  ownerOf: (photoId: string) => Promise<string | undefined>;
  store: UsageStore;
  log: (line: Record<string, unknown>) => void;
}

export class UsageDestination implements Destination {
  constructor(private readonly ports: UsagePorts) {}

  async send(events: readonly OutcomeEvent[]): Promise<ReadonlySet<string>> {
    const failed = new Set<string>();
    const groups = new Map<string, { day: string; caller: string; outcomes: CountedOutcome[] }>();
    const callers = await Promise.all(
      events.map((event) => this.callerOf(event).catch(() => void failed.add(event.id))),
    );
    for (const [k, { id, type, timestamp, data }] of events.entries()) {
      const caller = callers[k];
      if (caller === undefined) continue;
      // That of the outcome, however late it is counted.
      const day = usageDay(Date.parse(timestamp) / 1000);
      const key = `${day} ${caller}`;
      const group = groups.get(key) ?? { day, caller, outcomes: [] };
      groups.set(key, group);
      group.outcomes.push({
        ...{ event: id, isColoured: type === 'photo.coloured', workedSeconds: data.workedSeconds },
      });
    }
    await Promise.all(
      [...groups.values()].map(({ day, caller, outcomes }) =>
        this.count(day, caller, outcomes).catch((error: Error) => {
          this.ports.log({ message: 'usage-unavailable', day, error: error.message });
          for (const { event } of outcomes) failed.add(event);
        }),
      ),
    );
    return failed;
  }

  private async callerOf({ data }: OutcomeEvent): Promise<string> {
    if (data.photo.id === null) return DIRECT;
    const owner = await this.ports.ownerOf(data.photo.id);
    return owner === undefined ? UNKNOWN_CALLER : usageCaller(owner);
  }

  private async count(day: string, caller: string, outcomes: readonly CountedOutcome[]): Promise<void> {
    const { store, log } = this.ports;
    const counted = await store.count(day, caller, outcomes);
    if (counted.length === 0) return;
    // A digest: a caller may be a name.
    log({ message: 'usage-counted', day, caller: ownerDigest(caller), ...sumOf(counted) });
  }
}

/** What the outcomes add to an item of the table. */
export function sumOf(outcomes: readonly CountedOutcome[]) {
  const coloured = outcomes.filter(({ isColoured }) => isColoured).length;
  const worked = outcomes.flatMap(({ workedSeconds }) => workedSeconds ?? []);
  return {
    ...{ coloured, failed: outcomes.length - coloured, untimed: outcomes.length - worked.length },
    // Thousandths: a sum of decimals has more digits than its parts.
    workedSeconds: Math.round(1000 * worked.reduce((sum, seconds) => sum + seconds, 0)) / 1000,
  };
}
