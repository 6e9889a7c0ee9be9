/** A batcher before a ComfyUI that is moved by hand: prompts run one after another and end when a test says so. */
import { setImmediate as quiet } from 'node:timers/promises';
import { expect } from 'vitest';
import type { QueueName } from '../../../contract/lanes.ts';
import { Batcher } from '../../../worker/photo/batcher.ts';
import type { BatchPhoto } from '../../../worker/photo/batch.ts';
import {
  ComfyuiUnreachable,
  InstanceFault,
  NotFinite,
  PromptLost,
  PromptTimeout,
} from '../../../worker/photo/faults.ts';
import {
  CancelledBeforeStart,
  WeightedSemaphore,
  type AcquireSlot,
} from '../../../worker/photo/weighted-semaphore.ts';

export interface Arrival {
  /** @default 'interactive' */
  queue?: QueueName;
  /** Its option. */
  strength: number;
  /** Each prompt that it is in fails. */
  isBad: boolean;
  wasTried: boolean;
  startFails: boolean;
}

export type Step =
  | { what: 'arrive'; photo: Arrival }
  /** The running prompt ends: with its planes, or with a fault if a photo is bad. */
  | { what: 'end' }
  | { what: 'fail'; how: keyof typeof FAULTS }
  /** The deadline of a photo. */
  | { what: 'expire'; photo: number }
  /** Those of all photos of the running prompt. */
  | { what: 'expire-all' }
  | { what: 'drain' };

const FAULTS = {
  lost: () => new PromptLost('lost'),
  cut: () => new InstanceFault('cut'),
  timeout: () => new PromptTimeout('timeout'),
  unreachable: () => new ComfyuiUnreachable('unreachable'),
};

interface Tracked {
  arrival: Arrival;
  photo: BatchPhoto;
  expire: AbortController;
  isDrained: boolean;
  paused: number;
  hasStarted: boolean;
  /** Faults of prompts that it was in, of which it may be the victim. */
  met: Error[];
  outcomes: unknown[];
}

interface Prompt {
  photos: Tracked[];
  end: (error?: Error) => void;
}

const SLOTS = 2;

export class BatchWorld {
  private readonly photos: Tracked[] = [];
  private readonly slots = new WeightedSemaphore(SLOTS);
  /** At ComfyUI; the first runs. */
  private prompts: Prompt[] = [];
  private drain = new AbortController();
  private readonly batcher: Batcher;

  constructor(private readonly max: number) {
    this.batcher = new Batcher({
      slots: this.slots,
      max,
      together: (photos, acquireSlot, signal) => this.run(photos, acquireSlot, signal),
      alone: async (photo, acquireSlot) => (await this.run([photo], acquireSlot, photo.signal))[0]!,
      log: () => undefined,
    });
  }

  get isBusy(): boolean {
    return this.prompts.length > 0;
  }

  apply(step: Step): void {
    const [running] = this.prompts;
    if (step.what === 'arrive') this.arrive(step.photo);
    else if (step.what === 'end') running?.end();
    else if (step.what === 'fail') running?.end(FAULTS[step.how]());
    else if (step.what === 'drain') {
      for (const one of this.photos) one.isDrained = true;
      this.drain.abort('drain');
      this.drain = new AbortController();
    } else if (step.what === 'expire-all') {
      for (const { expire } of running?.photos ?? []) expire.abort(new Error('expired'));
    } else {
      const one = this.photos[step.photo % Math.max(1, this.photos.length)];
      // Its clock stands still while it waits for others.
      if (one && one.paused === 0) one.expire.abort(new Error('expired'));
    }
  }

  /** Holds after each step. */
  check(): void {
    expect(this.prompts.length).toBeLessThanOrEqual(SLOTS);
    const waiting = this.photos.filter(({ hasStarted, outcomes }) => !hasStarted && outcomes.length === 0);
    if (waiting.length > 0) expect(this.prompts).toHaveLength(SLOTS);
    for (const one of waiting) expect(one.paused).toBe(1);
    for (const { photos } of this.prompts) {
      expect(photos.length).toBeLessThanOrEqual(this.max);
      expect(new Set(photos.map(({ arrival }) => arrival.strength)).size).toBe(1);
      expect(new Set(photos.map(({ arrival }) => arrival.queue)).size).toBe(1);
      if (photos.length > 1) expect(photos.some(({ arrival }) => arrival.wasTried)).toBe(false);
      // Nobody waits for it otherwise.
      expect(photos.some(({ outcomes }) => outcomes.length === 0)).toBe(true);
      for (const one of photos) if (one.outcomes.length === 0) expect(one.paused).toBe(0);
    }
  }

  /** Holds when no prompt is left. */
  checkEnd(): void {
    for (const [mark, one] of this.photos.entries()) {
      expect(one.outcomes).toHaveLength(1);
      const [outcome] = one.outcomes;
      if (outcome instanceof Error) expect(this.mayEndWith(one, outcome), outcome.message).toBe(true);
      else expect(outcome).toEqual(Buffer.from([mark >> 8, mark & 255]));
    }
  }

  /** Whether no slot is held. */
  async isFree(): Promise<boolean> {
    let free = 0;
    for (let k = 0; k < SLOTS; k++) void this.slots.acquire().then(() => free++);
    await quiet();
    return free === SLOTS;
  }

  private mayEndWith({ arrival, expire, isDrained, hasStarted, met }: Tracked, error: Error): boolean {
    if (error === expire.signal.reason) return true;
    if (error instanceof CancelledBeforeStart) return isDrained && !hasStarted;
    if (error.message === 'exhausted') return arrival.startFails;
    if (error instanceof NotFinite) return arrival.isBad;
    return met.includes(error);
  }

  private arrive(arrival: Arrival): void {
    const mark = this.photos.length;
    const expire = new AbortController();
    const tracked: Tracked = {
      arrival,
      expire,
      isDrained: false,
      paused: 0,
      hasStarted: false,
      met: [],
      outcomes: [],
      photo: {
        queue: arrival.queue ?? 'interactive',
        options: { strength: arrival.strength },
        plane: Buffer.from([mark >> 8, mark & 255]),
        cancel: this.drain.signal,
        signal: expire.signal,
        paused: async (wait) => {
          tracked.paused++;
          return wait().finally(() => tracked.paused--);
        },
        started: async (photos) => {
          tracked.hasStarted = true;
          expect(photos).toBeLessThanOrEqual(this.max);
          if (arrival.startFails) throw new Error('exhausted');
        },
        wasTried: () => arrival.wasTried,
      },
    };
    this.photos.push(tracked);
    const ended = (outcome: unknown) => void tracked.outcomes.push(outcome);
    this.batcher.infer(tracked.photo).then(({ saved }) => ended(saved), ended);
  }

  private async run(
    photos: readonly BatchPhoto[],
    acquireSlot: AcquireSlot,
    signal: AbortSignal,
  ): Promise<Buffer[]> {
    const release = await acquireSlot();
    const tracked = photos.map((photo) => this.photos.find((one) => one.photo === photo)!);
    let prompt: Prompt | undefined;
    try {
      signal.throwIfAborted();
      return await new Promise((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
        const end = (given?: Error) => {
          const error =
            given ?? (tracked.some(({ arrival }) => arrival.isBad) ? new NotFinite('bad') : undefined);
          if (!error) return resolve(photos.map(({ plane }) => Buffer.from(plane)));
          // Only faults of its own prompt, or those that say that ComfyUI itself is at fault, may be a photo's.
          const isComfyuis = error instanceof ComfyuiUnreachable || error instanceof PromptTimeout;
          for (const one of this.photos)
            if (isComfyuis || (tracked.includes(one) && tracked.length === 1)) one.met.push(error);
          reject(error);
        };
        prompt = { photos: tracked, end };
        this.prompts.push(prompt);
      });
    } finally {
      this.prompts = this.prompts.filter((one) => one !== prompt);
      release();
    }
  }
}
