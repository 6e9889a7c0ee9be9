/** Launches that EC2 refuses, as without capacity: Auto Scaling tries the zones in turn, and again after pauses that double. */
import type { Market } from './instance.ts';

const [RETRY_FIRST_MS, RETRY_MOST_MS] = [5000, 60_000];

/** What EC2 has no capacity for. */
export interface Shortage {
  /** @default both */
  markets?: readonly Market[] | undefined;
  /** @default every type */
  types?: readonly string[] | undefined;
  /** @default every zone */
  zones?: readonly string[] | undefined;
  /** Words of the failed activity, which then is one for all zones. @default AWS's, in each zone */
  message?: string | undefined;
}

export interface Offering {
  market: Market;
  type: string;
  zone: string;
}

/** Why nothing was launched in a zone, or in any. */
export interface Refusal {
  zone?: string;
  message: string;
}

const NAMES: Record<Market, string> = { spot: 'Spot', 'on-demand': 'On-Demand' };
const unfulfillable = (market: Market) =>
  `Could not launch ${NAMES[market]} Instances. UnfulfillableCapacity - Unable to fulfill capacity due to your request configuration. Please adjust your request and try again. Launching EC2 instance failed.`;

const includes = <T>(list: readonly T[] | undefined, value: T) => list?.includes(value) ?? true;

export class Refusals {
  /** Epoch milliseconds. */
  retryAt = -Infinity;
  private retryMs = RETRY_FIRST_MS;
  private shortages: readonly Shortage[] = [];

  /** @param shortages from now on, in the place of those before; Auto Scaling then tries at once what it may not have tried */
  set(shortages: readonly Shortage[]): void {
    this.shortages = shortages;
    this.retryAt = -Infinity;
  }

  private shortageOf({ market, type, zone }: Offering): Shortage | undefined {
    return this.shortages.find(
      ({ markets, types, zones }) =>
        includes(markets, market) && includes(types, type) && includes(zones, zone),
    );
  }

  has(offering: Offering): boolean {
    return this.shortageOf(offering) === undefined;
  }

  /**
   * Finds the offering of a launch: the first type, in the first zone that has one.
   *
   * @param zones the preferred one first
   * @returns no offering where every zone refuses, and what was refused on the way
   */
  choose(
    market: Market,
    types: readonly string[],
    zones: readonly string[],
  ): { offering?: Offering; refused: Refusal[] } {
    const refused: Refusal[] = [];
    for (const zone of zones) {
      const offered = types.map((type) => ({ market, type, zone }));
      const offering = offered.find((one) => this.has(one));
      if (offering) return { offering, refused };
      const message = offered.map((one) => this.shortageOf(one)?.message).find((text) => text !== undefined);
      refused.push(message === undefined ? { zone, message: unfulfillable(market) } : { message });
    }
    return { refused: refused.every(({ zone }) => zone === undefined) ? refused.slice(0, 1) : refused };
  }

  /** Every zone has refused. */
  pause(now: number): void {
    this.retryAt = now + this.retryMs;
    this.retryMs = Math.min(RETRY_MOST_MS, this.retryMs * 2);
  }

  given(): void {
    this.retryMs = RETRY_FIRST_MS;
  }
}
