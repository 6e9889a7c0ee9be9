/** A run that a photo starts: one that meets a fleet at zero need not wait for the next tick, up to a minute later. */
import { parseJobMessage } from '../../contract/job.ts';
import type { View } from '../../contract/view.ts';
import type { Glance } from './ports.ts';

/** Where a tick has the lease, seconds until the next try: a tick takes less. */
const RETRY_SECONDS = 1;
const MOST_TRIES = 3;
/**
 * A fleet that was not at zero is not read again for so long, seconds. Each photo of a busy stage comes here, and a read of the whole item
 * by each would exceed the 3,000 read units a second that an item has. After a fleet has fallen asleep, ticks go on at the usual pace for
 * two minutes, so that a photo that comes within this time is counted by one of them.
 */
export const AT_WORK_SECONDS = 2;

/** Whether an event is EventBridge's of a new photo in a bucket; a folder is none. */
export function isPhoto(event: object, bucket: string): boolean {
  if (!('source' in event) || event.source !== 'aws.s3') return false;
  return parseJobMessage(JSON.stringify(event)).some((job) => job.bucket === bucket);
}

/** Whether the last tick left nothing that a photo could be worked on by, and nothing that would ask for it. Unknown is not zero. */
const isAtZero = (view: View | undefined): boolean =>
  view !== undefined && view.inService + view.coming.length + view.visible + view.inFlight === 0;

export interface WakePorts {
  glance: () => Promise<Glance>;
  /** Epoch seconds. */
  now: () => number;
  pause: (seconds: number) => Promise<unknown>;
}

export class Waker {
  private readAgainAt = -Infinity;

  constructor(private readonly ports: WakePorts) {}

  /**
   * Starts a run where the fleet is at zero. Where it is not, the usual ticks size it.
   *
   * @param run whose first tick expects a photo; returns whether it had the lease
   */
  async wake(run: () => Promise<boolean>): Promise<void> {
    const { glance, now, pause } = this.ports;
    if (now() < this.readAgainAt) return;
    for (let k = 0; k < MOST_TRIES; k++) {
      if (k > 0) await pause(RETRY_SECONDS);
      const { view, leaseUntil = -Infinity } = await glance();
      if (!isAtZero(view)) {
        this.readAgainAt = now() + AT_WORK_SECONDS;
        return;
      }
      // Each photo of a burst that tried to take the lease would write to the item: the run that has it could not store its memory.
      if (leaseUntil < now() && (await run())) return;
    }
  }
}
