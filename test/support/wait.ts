/** Waiting for what is on its way: a condition is polled with a generous limit, so that only what never comes fails. */
import { setTimeout as sleep } from 'node:timers/promises';

const EVERY_MS = 10;
const TRIES = 1500;

/** The first value that is good. @throws when none was within fifteen seconds */
export async function until<T>(look: () => Promise<T> | T, good: (value: T) => boolean): Promise<T> {
  for (let tries = 0; tries < TRIES; tries++) {
    const value = await look();
    if (good(value)) return value;
    await sleep(EVERY_MS);
  }
  throw new Error(`it did not come about: ${look.toString()}`);
}

export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
