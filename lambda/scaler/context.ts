/** What each step of a tick works with, and how its failures are kept. */
import type { Spending } from '../../contract/scaler.ts';
import type { RuleSettings } from './policy/decision.ts';
import type { PoolSettings } from './policy/pools/pools.ts';
import type { WarmPoolSizes } from './policy/pools/warm-pool.ts';
import type { Observation } from './policy/observation.ts';
import type { TickPorts } from './ports.ts';

export type QueuePoll = Pick<Observation, 'at' | 'visible' | 'inFlight'>;

/** What the polls of a run hand to its ticks. */
export interface Polls {
  /** The last one that asked for no tick, before the one that did. @default the tick came at its time */
  calm?: QueuePoll;
}

export interface TickRun {
  /** Of the lease; unique to the invocation. */
  owner: string;
  /** Epoch seconds. */
  now: () => number;
  /** Seconds between two ticks. */
  tickSeconds: number;
  /** Of the group's launch hook, seconds. @default unknown: no launch is given up before Auto Scaling does */
  launchTimeoutSeconds?: number | undefined;
  /** Whether a new photo called for this tick of a fleet at zero: it is there, whatever the counts say yet. @default false */
  woken?: boolean | undefined;
  /** @default - instances cost nothing */
  spending?: Spending;
  /** @default what polls see is forgotten */
  polls?: Polls;
  /** Of a fleet with two pools. @default - the fleet has one group */
  pools?: PoolSettings | undefined;
  /** How many stopped instances the stage keeps. @default - none */
  warmPool?: WarmPoolSizes | undefined;
  /** Workflows whose counters the instances report. @default 1 */
  workflows?: number | undefined;
}

/**
 * Seconds from a tick's start within which it may act. The lease lasts this much longer than the time between two ticks,
 * so that no other run can have taken it while this one acts.
 */
export const ALLOWANCE_SECONDS = 10;

export const NO_SPENDING: Spending = {
  hourlyPrices: {},
  onDemandBaseCapacity: 0,
  spotPercentage: 0,
  dailyLimit: null,
  brake: false,
};

export interface Context {
  ports: TickPorts;
  run: TickRun;
  settings: RuleSettings;
  /** Start of the tick, epoch seconds. */
  at: number;
  errors: Error[];
  /** Runs a part that may fail; the error is kept. @returns undefined when it failed */
  attempt: <T>(part: () => Promise<T> | T) => Promise<T | undefined>;
}

export function collectErrors(): Pick<Context, 'errors' | 'attempt'> {
  const errors: Error[] = [];
  const attempt: Context['attempt'] = async (part) => {
    try {
      return await part();
    } catch (error) {
      errors.push(error instanceof Error ? error : new Error(String(error)));
      return undefined;
    }
  };
  return { errors, attempt };
}
