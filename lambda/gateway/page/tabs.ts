/** What the tabs of one browser agree on: each photo is worked on in one of them, and removed in all. */

/** @returns what `run` returns, once no other tab works on the photo; a tab that dies leaves it to the next */
export const inOneTab = <T>(key: string, run: () => Promise<T>): Promise<T> =>
  // Browsers have locks on https only, as they have storage that other pages cannot read.
  'locks' in navigator ? navigator.locks.request(`photo ${key}`, run) : run();

/** Photos that are removed from the device, in any of its tabs. */
export class Removals {
  private readonly channel =
    'BroadcastChannel' in globalThis ? new BroadcastChannel('removed photos') : undefined;

  /** @param onRemoved called with the keys that another tab has removed */
  constructor(onRemoved: (keys: readonly string[]) => void) {
    if (this.channel)
      this.channel.onmessage = ({ data }: MessageEvent<unknown>) =>
        onRemoved(Array.isArray(data) ? data.filter((one) => typeof one === 'string') : []);
  }

  announce(keys: readonly string[]): void {
    this.channel?.postMessage(keys);
  }
}
