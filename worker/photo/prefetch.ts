/** How many photos a worker may hold that have not started: those that will start soon, by what its latest photos took. Pure. */

/** A prefetched photo should start within this time; more of them would wait here while other workers are idle. */
const PREFETCH_SECONDS = 2;
/** A prompt of bulk photos may be ComfyUI's next while the present one runs if it takes no longer: an interactive photo would wait for both. */
const SHORT_PROMPT_SECONDS = 1;
/** Weight of the latest photo in the moving averages. */
const LATEST_WEIGHT = 0.2;

/** Seconds of this instance for a photo, of each part as if it were the only limit. */
export interface PhotoSeconds {
  /** Of ComfyUI, over the photos of the prompt. */
  comfyui: number;
  /** Of ComfyUI, for the whole prompt. */
  prompt: number;
  /** Of the image processes, over their number. */
  images: number;
}

export class Prefetch {
  private mean: PhotoSeconds | undefined;

  /**
   * @param processes image processes
   * @param batch most photos in a prompt
   */
  constructor(
    private readonly processes: number,
    private readonly batch: number,
  ) {}

  learn(latest: PhotoSeconds): void {
    const { mean = latest } = this;
    const moved = (part: keyof PhotoSeconds) => mean[part] + LATEST_WEIGHT * (latest[part] - mean[part]);
    this.mean = { comfyui: moved('comfyui'), prompt: moved('prompt'), images: moved('images') };
  }

  /** Photos; one until the first has taken its time. */
  get depth(): number {
    const { mean, processes, batch } = this;
    if (!mean) return 1;
    const startSoon = (seconds: number) => Math.floor(PREFETCH_SECONDS / seconds);
    // A photo that a process prepares is no longer waiting, however long that takes.
    const byImages = Math.max(processes, startSoon(mean.images));
    // Of the next batch, and those that are being prepared.
    return Math.max(1, Math.min(startSoon(mean.comfyui), byImages, processes + batch + 1));
  }

  /** Whether prompts are so short that one of bulk may wait at ComfyUI; false until the first photo has taken its time. */
  get hasShortPrompts(): boolean {
    return this.mean !== undefined && this.mean.prompt <= SHORT_PROMPT_SECONDS;
  }
}
