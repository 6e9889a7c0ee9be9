/**
 * Busy seconds of an instance, from which the scaler learns what a photo takes. Photos overlap, so that an instance is as busy as the busier of its parts:
 * ComfyUI, while it has a prompt, and the image processes, each while it has a photo. Counted by photos started instead, an instance with little to do
 * would seem to take many times as long for each.
 */
import type { ImageProcessor } from '../imaging/image-processor.ts';

export class BusyTime {
  private prompts = 0;
  private images = 0;
  private atMs: number;
  private comfyuiMs = 0;
  /** Of all processes, over their number. */
  private imagesMs = 0;
  private takenMs = 0;
  private imagesTakenMs = 0;

  /**
   * @param processes image processes
   * @param now monotonic milliseconds
   */
  constructor(
    private readonly processes: number,
    private readonly now: () => number,
  ) {
    this.atMs = now();
  }

  /** @param count prompts that ComfyUI has from now on */
  setPrompts(count: number): void {
    this.advance();
    this.prompts = count;
  }

  /** The same image processor, with the time of its photos counted. */
  counting(images: ImageProcessor): ImageProcessor {
    return {
      prepare: (id, body, output, signal, colouredPhotos, reserve, look) =>
        this.during((outside) => {
          const unused = reserve && ((load: number) => outside(() => reserve(load)));
          return images.prepare(id, body, output, signal, colouredPhotos, unused, look);
        }),
      advance: (...args) => this.during(() => images.advance(...args)),
      finish: (...args) => this.during(() => images.finish(...args)),
      discard: (...args) => images.discard(...args),
      colours: (...args) => images.colours(...args),
    };
  }

  /** @returns seconds of the image processes alone since its last call, over their number */
  takeImages(): number {
    this.advance();
    const taken = this.imagesMs - this.imagesTakenMs;
    this.imagesTakenMs = this.imagesMs;
    return taken / 1000;
  }

  /** @returns seconds since the last call */
  take(): number {
    this.advance();
    const ms = Math.max(this.comfyuiMs, this.imagesMs);
    const taken = ms - this.takenMs;
    this.takenMs = ms;
    return taken / 1000;
  }

  /** @param step is given what takes a wait, which is not counted */
  private async during<T>(
    step: (outside: (wait: () => Promise<void>) => Promise<void>) => Promise<T>,
  ): Promise<T> {
    this.count(1);
    try {
      return await step(async (wait) => {
        this.count(-1);
        await wait().finally(() => this.count(1));
      });
    } finally {
      this.count(-1);
    }
  }

  private count(change: 1 | -1): void {
    this.advance();
    this.images += change;
  }

  private advance(): void {
    const at = this.now();
    const ms = Math.max(0, at - this.atMs);
    this.atMs = at;
    if (this.prompts > 0) this.comfyuiMs += ms;
    // Photos beyond the processes wait for one.
    this.imagesMs += ms * Math.min(1, this.images / this.processes);
  }
}
