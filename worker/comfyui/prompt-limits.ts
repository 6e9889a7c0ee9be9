/**
 * How long a prompt may take, from its submission, while another one runs before it. Prompts of different workflows may differ
 * by minutes, so that the limit of one says nothing of the one before it.
 */
import type { AcquireSlot } from '../photo/weighted-semaphore.ts';

export interface LimitedPrompt {
  acquireSlot: AcquireSlot;
  /** Milliseconds, known once it has its slot. */
  withinMs: () => number;
}

export class PromptLimits {
  /** Own limits of the prompts at ComfyUI. */
  private readonly atComfyui = new Set<{ ms: number }>();

  /**
   * @param ownMs of the prompt, if nothing runs before it
   * @param usualMs where what runs before it takes no longer than itself
   * @param acquireSlot gets its slot
   */
  limit(ownMs: number, usualMs: number, acquireSlot: AcquireSlot): LimitedPrompt {
    let aheadMs = 0;
    return {
      acquireSlot: async () => {
        const release = await acquireSlot();
        aheadMs = Math.max(0, ...[...this.atComfyui].map(({ ms }) => ms));
        const own = { ms: ownMs };
        this.atComfyui.add(own);
        return () => {
          this.atComfyui.delete(own);
          release();
        };
      },
      withinMs: () => Math.max(usualMs, ownMs + aheadMs),
    };
  }
}
