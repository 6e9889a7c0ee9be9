/**
 * The deadline of a photo: what it may take on this instance from its first read to its outcome. Without one a slow server or a
 * hung decoder would keep the message hidden, and the GPU up, for as long as it lasts.
 *
 * Waits for other photos (memory, a ComfyUI slot) do not count: they end with those photos, which have deadlines too.
 */
import { TransientFault } from './faults.ts';

/** What a photo was at. */
export type Step = 'fetch' | 'decode' | 'comfyui' | 'encode' | 'store';

/** The photo took longer than its deadline allows; its message is returned, and the attempt is charged. */
export class DeadlineExceeded extends TransientFault {
  override readonly name = 'DeadlineExceeded';

  constructor(step: Step, ms: number) {
    super(`the photo took longer than ${Math.round(ms / 1000)} s, and was at the step '${step}'`);
  }
}

export interface PhotoSize {
  bytes: number;
  /** 0 until its head is read. */
  megapixels: number;
  /** Photos in its ComfyUI slot. @default 1 */
  batch?: number;
  /** Workflows that it goes through. @default 1 */
  steps?: number;
}

/** What a photo's neighbours add to the limits of three prompts: the one before, theirs, and one that it gets alone. */
const NEIGHBOUR_MS = 7500;

/** What a further step of a chain adds, beside its part for the size: a prompt, and the one before it. */
const STEP_MS = 40_000;

/** Milliseconds for a photo: about ten times what one takes on a busy instance, and a megabyte a second for its transfer. */
export const photoDeadlineMs = ({ bytes, megapixels, batch = 1, steps = 1 }: PhotoSize): number =>
  90_000 +
  bytes / 1000 +
  6000 * megapixels +
  NEIGHBOUR_MS * (batch - 1) +
  (steps - 1) * (STEP_MS + 6000 * megapixels);

export class PhotoDeadline {
  private readonly controller = new AbortController();
  /** Aborted with a {@link DeadlineExceeded} when the time is up. */
  readonly signal = this.controller.signal;
  step: Step = 'fetch';
  private size: PhotoSize = { bytes: 0, megapixels: 0 };
  private usedMs = 0;
  private sinceMs = 0;
  private timer: NodeJS.Timeout | undefined;
  private isOpen = false;

  constructor(private readonly allowedMs: (size: PhotoSize) => number = photoDeadlineMs) {}

  /**
   * Runs the work within the deadline. Work that does not end on its signal goes on, and nothing waits for it.
   *
   * @throws DeadlineExceeded
   */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const { signal } = this;
    const over = new Promise<never>((_, reject) =>
      signal.addEventListener('abort', () => reject(signal.reason as DeadlineExceeded), { once: true }),
    );
    this.isOpen = true;
    this.start();
    try {
      return await Promise.race([work(), over]);
    } finally {
      this.isOpen = false;
      clearTimeout(this.timer);
    }
  }

  /** Allows the time of a photo of that size. */
  allowFor(size: Partial<PhotoSize>): void {
    this.stop();
    this.size = { ...this.size, ...size };
    this.start();
  }

  /** Stops the clock while the photo waits for others. */
  async paused<T>(wait: () => Promise<T>): Promise<T> {
    this.stop();
    try {
      return await wait();
    } finally {
      this.start();
    }
  }

  private start(): void {
    if (!this.isOpen || this.signal.aborted) return;
    this.sinceMs = performance.now();
    const allowed = this.allowedMs(this.size);
    const end = () => this.controller.abort(new DeadlineExceeded(this.step, allowed));
    this.timer = setTimeout(end, Math.max(0, allowed - this.usedMs));
  }

  private stop(): void {
    clearTimeout(this.timer);
    if (this.isOpen) this.usedMs += performance.now() - this.sinceMs;
  }
}
