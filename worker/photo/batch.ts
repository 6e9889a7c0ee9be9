/**
 * The photos of one ComfyUI slot. They share a prompt, and if that fails each gets a prompt of its own, so that a photo's fault
 * meets no other: a photo leaves with what its own prompt gave, and at the end of its own time.
 */
import type { QueueName } from '../../contract/lanes.ts';
import { ComfyuiTimeout, ComfyuiUnreachable, PromptTimeout, WorkflowRefused } from './faults.ts';
import { describeError, type Log } from '../telemetry/log.ts';
import type { Ready } from './batch-rule.ts';
import type { AcquireSlot } from './weighted-semaphore.ts';

export interface BatchPhoto extends Ready {
  queue: QueueName;
  /** Grey bytes. */
  plane: Buffer;
  /** Aborted to cancel it while it waits for a slot. */
  cancel: AbortSignal;
  /** Aborted when its time is up. */
  signal: AbortSignal;
  /** Waits with the clock of its deadline stopped. */
  paused: <T>(wait: () => Promise<T>) => Promise<T>;
  /**
   * Awaited when it has its slot.
   *
   * @param photos that have the slot
   * @throws AttemptsExhausted when it must not start
   */
  started: (photos: number) => Promise<void>;
  /** Whether an earlier attempt at it failed; known when it has started. It may have been the cause, so it goes alone. */
  wasTried: () => boolean;
}

export interface BatchedResult {
  /** The two planes of the photo. */
  saved: Buffer;
  /** In its prompt. */
  photos: number;
}

/** Runs one prompt. */
export interface BatchPorts {
  together: (
    photos: readonly BatchPhoto[],
    acquireSlot: AcquireSlot,
    signal: AbortSignal,
  ) => Promise<Buffer[]>;
  alone: (photo: BatchPhoto, acquireSlot: AcquireSlot) => Promise<Buffer>;
  acquireSlot: AcquireSlot;
  log: Log;
}

interface Member {
  photo: BatchPhoto;
  isOpen: boolean;
  resolve: (result: BatchedResult) => void;
  reject: (error: Error) => void;
}

export class Batch {
  /** Photos that have the slot. */
  readonly size: number;
  /** Have neither started nor left. */
  private readonly undecided: Set<BatchPhoto>;
  private readonly members: Member[] = [];
  private isRunning = false;
  /** Aborted when every photo has left. */
  private readonly allLeft = new AbortController();

  /** @param done called when it needs its slot no longer */
  constructor(
    photos: readonly BatchPhoto[],
    private readonly ports: BatchPorts,
    private readonly done: () => void,
  ) {
    this.size = photos.length;
    this.undecided = new Set(photos);
  }

  /** Runs a photo that has started; the prompt is sent when the others have started too, or have left. */
  run(photo: BatchPhoto): Promise<BatchedResult> {
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        reject(photo.signal.reason as Error);
        this.leave(photo);
      };
      photo.signal.addEventListener('abort', onAbort, { once: true });
      const settled = () => {
        member.isOpen = false;
        photo.signal.removeEventListener('abort', onAbort);
      };
      const member: Member = {
        photo,
        isOpen: true,
        resolve: (result) => {
          settled();
          resolve(result);
        },
        reject: (error) => {
          settled();
          reject(error);
        },
      };
      this.members.push(member);
      this.undecided.delete(photo);
      this.startIfDecided();
    });
  }

  /** To be called when a photo goes on without its result, or has it. */
  leave(photo: BatchPhoto): void {
    this.undecided.delete(photo);
    for (const member of this.members) if (member.photo === photo) member.isOpen = false;
    this.startIfDecided();
    if (this.undecided.size === 0 && !this.members.some(({ isOpen }) => isOpen)) this.allLeft.abort();
  }

  private startIfDecided(): void {
    if (this.isRunning || this.undecided.size > 0) return;
    this.isRunning = true;
    void this.execute().finally(this.done);
  }

  /** Never rejects. */
  private async execute(): Promise<void> {
    const alone = this.members.filter(({ photo }) => photo.wasTried());
    const together = this.members.filter((member) => !alone.includes(member));
    const failed = together.length > 1 ? await this.runTogether(together) : together;
    await this.runEachAlone([...failed, ...alone]);
  }

  /** @returns the photos that are to be tried alone */
  private async runTogether(members: Member[]): Promise<Member[]> {
    const { together, acquireSlot, log } = this.ports;
    const photos = members.map(({ photo }) => photo);
    try {
      const saved = await together(photos, acquireSlot, this.allLeft.signal);
      members.forEach((member, k) => member.resolve({ saved: saved[k]!, photos: photos.length }));
      return [];
    } catch (error) {
      const open = members.filter(({ isOpen }) => isOpen);
      if (open.length > 0)
        log('warn', 'batch-failed', { photos: photos.length, error: describeError(error) });
      if (!isOfEveryPrompt(error)) return open;
      for (const { reject } of open) reject(error as Error);
      return [];
    }
  }

  /** One after another, since a prompt that hangs holds up all that follow. */
  private async runEachAlone(members: Member[]): Promise<void> {
    const turns = members.map((member) => ({ member, begin: pausedUntilBegun(member.photo) }));
    let fault: { error: Error } | undefined;
    for (const { member, begin } of turns) {
      await begin();
      if (!member.isOpen) continue;
      if (fault) member.reject(fault.error);
      else fault = await this.runAlone(member);
    }
  }

  /** @returns the fault that every other prompt would meet too */
  private async runAlone({ photo, resolve, reject }: Member): Promise<{ error: Error } | undefined> {
    try {
      const acquireSlot = () => photo.paused(() => this.ports.acquireSlot());
      resolve({ saved: await this.ports.alone(photo, acquireSlot), photos: 1 });
      return undefined;
    } catch (error) {
      reject(error as Error);
      return isOfEveryPrompt(error) || error instanceof PromptTimeout ? { error: error as Error } : undefined;
    }
  }
}

/** Whether ComfyUI is at fault whatever is in a prompt. One that hangs may hang on a photo. */
const isOfEveryPrompt = (error: unknown): boolean =>
  error instanceof ComfyuiUnreachable || error instanceof ComfyuiTimeout || error instanceof WorkflowRefused;

/** Stops the clock of a photo until the returned function is called. */
function pausedUntilBegun(photo: BatchPhoto): () => Promise<void> {
  let begin: () => void = () => undefined;
  const begun = new Promise<void>((resolve) => (begin = resolve));
  const paused = photo.paused(() => begun);
  return () => {
    begin();
    return paused;
  };
}
