/**
 * Watches for reasons to stop: the group terminates the instance or returns it to its warm pool, EC2 reclaims a Spot instance, or
 * the process is signalled.
 *
 * The metadata has only the target lifecycle state, and a 404 until the first transition. After a Spot notice the group does
 * nothing by itself until the instance is gone, two minutes later: the worker has it replaced.
 */
import { describeError, type Log } from '../telemetry/log.ts';
import { pause } from '../../common/time.ts';

/** Reads the instance's metadata; undefined where there is none. */
export type ReadMetadata = (path: string) => Promise<string | undefined>;

export const TARGET_STATE = 'autoscaling/target-lifecycle-state';
export const SPOT_NOTICE = 'spot/instance-action';
const IN_SERVICE = 'InService';
const TERMINATED = 'Terminated';
const WARMED = 'Warmed:';

export class Notices {
  private readonly controller = new AbortController();
  /** Aborted, with the reason as text, when this worker should finish its photos and end. */
  readonly stop = this.controller.signal;
  private state: string | undefined;
  private hasServed = false;
  private isUnreadable = false;
  private isForeseen = false;

  constructor(
    private readonly read: ReadMetadata,
    private readonly log: Log,
    /** Has the group replace this instance, which Spot reclaims. */
    private readonly replace: () => Promise<void> = async () => {},
  ) {}

  /** The target lifecycle state as last read; undefined until the first transition. */
  get targetState(): string | undefined {
    return this.state;
  }

  /** Whether the instance goes into a warm pool, or is in it: there it must not receive photos. */
  get isParked(): boolean {
    return this.state?.startsWith(WARMED) ?? false;
  }

  /** Whether the group takes the instance out of service, and its termination hook waits for this worker. */
  get leavesService(): boolean {
    return this.state === TERMINATED || (this.isParked && this.hasServed);
  }

  /** Stops the worker after the photos that have started. */
  drain(reason: string): void {
    if (this.stop.aborted) return;
    this.log('info', 'drain-started', { reason });
    this.controller.abort(reason);
  }

  /** Reads the metadata once. When that fails, nothing changes. */
  async look(): Promise<void> {
    try {
      const [state, spot] = await Promise.all([this.read(TARGET_STATE), this.read(SPOT_NOTICE)]);
      this.state = state;
      this.isUnreadable = false;
      if (state === IN_SERVICE) this.hasServed = true;
      if (state === TERMINATED) this.drain('the group terminates this instance');
      // The instance is stopped next; the worker that starts with it again is a new one.
      else if (this.leavesService) this.drain('the group returns this instance to its warm pool');
      if (spot) {
        this.drain(`Spot reclaims this instance: ${spot}`);
        await this.foresee();
      }
    } catch (error) {
      if (!this.isUnreadable) this.log('warn', 'metadata-not-read', { error: describeError(error) });
      this.isUnreadable = true;
    }
  }

  /** Once, and only in service: a launch that becomes unhealthy would count as one that does not boot. */
  private async foresee(): Promise<void> {
    if (this.isForeseen || this.state !== IN_SERVICE) return;
    this.isForeseen = true;
    try {
      await this.replace();
      this.log('info', 'replacement-requested', { reason: 'Spot reclaims this instance' });
    } catch (error) {
      this.log('warn', 'replacement-not-requested', { error: describeError(error) });
    }
  }

  /** Reads the metadata at an interval until `stop` is aborted. */
  async watch(intervalSeconds: number): Promise<void> {
    while (!this.stop.aborted) {
      await this.look();
      await pause(intervalSeconds * 1000, this.stop);
    }
  }
}
