/**
 * Counts a photo's attempts, and decides whose fault a failed one was. SQS counts receives, which drains and faults of other
 * photos use up; an attempt is a start, or a failure of the photo's own before it.
 *
 * - A start is counted before it begins, so that a photo that kills its worker uses up its attempts too.
 * - The first instance fault that a photo meets is free: the instance, or another photo on it, may be at fault. A fault that
 *   follows the photo is the photo's.
 * - Before its start a photo is charged for what its own file does, such as a decoder that dies or hangs, and not for S3.
 * - A count that cannot be written does not stop the photo; `maxReceiveCount` is then the limit.
 */
import { describeError, type Log } from '../telemetry/log.ts';
import { InstanceFault, TransientFault } from './faults.ts';

/** Of one photo of one message. */
export interface AttemptRecord {
  /** Charged so far. */
  attempts: number;
  /** Instances on which it met an instance fault, in order. */
  faultedOn: readonly string[];
}

export interface AttemptStore {
  /**
   * Adds to a record, which is made where there is none.
   *
   * @param faultedOn instance to append
   * @returns the record as it is now
   */
  add(id: string, attempts: number, faultedOn?: string): Promise<AttemptRecord>;
}

/** The photo has had all its attempts: it gets its failure record. */
export class AttemptsExhausted extends Error {
  override readonly name = 'AttemptsExhausted';

  constructor(readonly attempts: number) {
    super(`all ${attempts} attempts are used up`);
  }
}

export interface AttemptPorts {
  store: AttemptStore;
  instanceId: string;
  maxAttempts: number;
  /** Of this instance. */
  faults: InstanceFaults;
  log: Log;
}

/** One attempt at a photo, on this instance. */
export class PhotoAttempt {
  private record: AttemptRecord | undefined;
  private isStarted = false;

  /** @param id of the photo in its message; later receives of the message have the same */
  constructor(
    private readonly id: string,
    private readonly ports: AttemptPorts,
  ) {}

  /** Charged so far; undefined where it could not be counted. */
  get attempts(): number | undefined {
    return this.record?.attempts;
  }

  /** Whether an earlier one failed, for whatever reason; known when this one has started. Where it cannot be counted, not. */
  get wasTried(): boolean {
    const { attempts = 0, faultedOn = [] } = this.record ?? {};
    return attempts > 1 || faultedOn.length > 0;
  }

  /**
   * Charges the attempt; only the first call has an effect.
   *
   * @throws AttemptsExhausted when the photo has no attempt left
   */
  async start(): Promise<void> {
    if (this.isStarted) return;
    this.isStarted = true;
    const { maxAttempts } = this.ports;
    const { attempts = 0 } = (await this.add(1)) ?? {};
    if (attempts > maxAttempts) throw new AttemptsExhausted(maxAttempts);
  }

  /** A photo that never started says nothing of the instance. */
  succeeded(): void {
    if (this.isStarted) this.ports.faults.clear();
  }

  /**
   * Charges a failed attempt that had not started, and takes back the charge where the instance is at fault.
   *
   * @returns whether the photo has no attempt left
   */
  async failed(error: unknown): Promise<boolean> {
    const charged = this.record !== undefined && this.isStarted;
    if (error instanceof InstanceFault) {
      const { instanceId, faults } = this.ports;
      const before = this.record ?? (await this.add(0));
      const isPhotos = (before?.faultedOn.length ?? 0) > 0;
      if (!isPhotos) faults.add(this.id);
      await this.add((isPhotos ? 1 : 0) - (charged ? 1 : 0), instanceId);
      if (!isPhotos) return false;
    } else if (!charged && (this.isStarted || error instanceof TransientFault)) await this.add(1);
    return (this.attempts ?? 0) >= this.ports.maxAttempts;
  }

  private async add(attempts: number, faultedOn?: string): Promise<AttemptRecord | undefined> {
    const { store, log } = this.ports;
    try {
      this.record = await store.add(this.id, attempts, faultedOn);
      return this.record;
    } catch (error) {
      log('warn', 'attempt-not-counted', { error: describeError(error) });
      return undefined;
    }
  }
}

/** Recoveries without a photo that succeeds in between, after which the instance is replaced. */
const MAX_RECOVERIES = 3;

/** Faults of this instance since a photo last succeeded. One that meets different photos is the instance's. */
export class InstanceFaults {
  private readonly photos = new Set<string>();
  private recoveries = 0;
  private isNew = false;

  /** Adds a fault that is not known to be the photo's. */
  add(photo: string): void {
    this.photos.add(photo);
    this.isNew = true;
  }

  clear(): void {
    this.photos.clear();
    this.recoveries = 0;
    this.isNew = false;
  }

  /**
   * To be called before each recovery.
   *
   * @returns whether another restart would not help: the faults followed the instance through several, with different photos
   */
  isInstances(): boolean {
    if (this.isNew) this.recoveries++;
    this.isNew = false;
    return this.recoveries >= MAX_RECOVERIES && this.photos.size > 1;
  }
}
