/** Usage in memory. */
import {
  usageCaller,
  usageDay,
  acceptedKey,
  outcomesKey,
  usageRows,
  type UsageRow,
} from '../../../../contract/usage.ts';
import type { AcceptedPhotos } from '../../../../lambda/gateway/ports.ts';
import {
  sumOf,
  type CountedOutcome,
  type UsageStore,
} from '../../../../lambda/outcome-events/usage/destination.ts';

type Item = Record<string, string | number>;

export class MemoryUsage implements UsageStore, AcceptedPhotos {
  private readonly items = new Map<string, Item>();
  private readonly counted = new Set<string>();

  async count(day: string, caller: string, outcomes: readonly CountedOutcome[]): Promise<CountedOutcome[]> {
    const fresh = outcomes.filter(({ event }) => !this.counted.has(event));
    for (const { event } of fresh) this.counted.add(event);
    if (fresh.length > 0) this.add(outcomesKey(day, caller), sumOf(fresh));
    return fresh;
  }

  async accept(owner: string, at: number): Promise<void> {
    this.add(acceptedKey(usageDay(at), usageCaller(owner)), { photos: 1 });
  }

  rows(day: string): UsageRow[] {
    return usageRows([...this.items.values()].filter((item) => item.day === day));
  }

  private add(key: Item, counts: Record<string, number>): void {
    const id = JSON.stringify(key);
    const item = this.items.get(id) ?? key;
    for (const [name, value] of Object.entries(counts)) item[name] = Number(item[name] ?? 0) + value;
    this.items.set(id, item);
  }
}
