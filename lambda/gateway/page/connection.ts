/** The device's connection: a wait for a retry ends when it is back. */
import { systemClock, type Clock } from '../../../client/time.ts';

/** False only when the browser is sure; a service on this device works without a network. */
export const isOnline = (): boolean => navigator.onLine;

/** The system clock, except that a sleep ends as soon as the device is online again. */
export const connectionClock: Clock = {
  ...systemClock,
  async sleep(ms, signal) {
    const woken = new AbortController();
    const wake = () => woken.abort();
    window.addEventListener('online', wake, { once: true });
    signal?.addEventListener('abort', wake, { once: true });
    try {
      signal?.throwIfAborted();
      await systemClock.sleep(ms, woken.signal).catch(() => signal?.throwIfAborted());
    } finally {
      window.removeEventListener('online', wake);
      signal?.removeEventListener('abort', wake);
    }
  },
};
