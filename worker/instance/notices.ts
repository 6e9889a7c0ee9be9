/**
 * Reasons to stop: the group takes the instance out, Spot reclaims it, or the system ends the process.
 *
 * Gotcha: only the target state is in the metadata, and a 404 until the first transition. On a Spot notice the group
 * does nothing by itself before the machine is gone.
 */
import { describeError, type Log } from '../telemetry/log.ts';
import { pause } from '../../common/time.ts';

/** Reads the instance's metadata; undefined where there is none. */
export type ReadMetadata = (path: string) => Promise<string | undefined>;

export const TARGET_STATE = 'autoscaling/target-lifecycle-state';
export const SPOT_NOTICE = 'spot/instance-action';
export const TERMINATED = 'Terminated';
const WARMED = 'Warmed:';

export class Notices {
  private readonly controller = new AbortController();
  /** Aborted, with the reason as text, when this worker should finish its photo and end. */
  readonly stop = this.controller.signal;
  private state: string | undefined;
  private unreadable = false;

  constructor(
    private readonly read: ReadMetadata,
    private readonly log: Log,
  ) {}

  /** Where the group wants this instance to be, as last read; undefined until its first transition. */
  get targetState(): string | undefined {
    return this.state;
  }

  /** Whether the instance is being parked in a warm pool, where it must not take photos. */
  get isParked(): boolean {
    return this.state?.startsWith(WARMED) ?? false;
  }

  /** Ends the worker after the photo in hand. */
  drain(reason: string): void {
    if (this.stop.aborted) return;
    this.log('info', 'drain-started', { reason });
    this.controller.abort(reason);
  }

  /** Looks once. Metadata that cannot be read changes nothing. */
  async look(): Promise<void> {
    try {
      const [state, spot] = await Promise.all([this.read(TARGET_STATE), this.read(SPOT_NOTICE)]);
      this.state = state;
      this.unreadable = false;
      if (state === TERMINATED) this.drain('the group terminates this instance');
      if (spot) this.drain(`Spot reclaims this instance: ${spot}`);
    } catch (error) {
      if (!this.unreadable) this.log('warn', 'metadata-not-read', { error: describeError(error) });
      this.unreadable = true;
    }
  }

  /** Looks again and again until it is time to stop. */
  async watch(everySeconds: number): Promise<void> {
    while (!this.stop.aborted) {
      await this.look();
      await pause(everySeconds * 1000, this.stop);
    }
  }
}
