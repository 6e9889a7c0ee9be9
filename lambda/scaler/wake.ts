/** A run that a photo starts: one that meets a fleet at zero need not wait for the next tick, up to a minute later. */
import { parseJobMessage } from '../../contract/job.ts';
import type { View } from '../../contract/view.ts';

/** Where a tick has the lease, seconds until the next try: a tick takes less. */
const RETRY_SECONDS = 1;
const MOST_TRIES = 3;

/** Whether an event is EventBridge's of a new photo in a bucket; a folder is none. */
export function isPhoto(event: object, bucket: string): boolean {
  if (!('source' in event) || event.source !== 'aws.s3') return false;
  return parseJobMessage(JSON.stringify(event)).some((job) => job.bucket === bucket);
}

/** Whether the last tick left nothing that a photo could be worked on by, and nothing that would ask for it. Unknown is not zero. */
const isAtZero = (view: View | undefined): boolean =>
  view !== undefined && view.inService + view.coming.length + view.visible + view.inFlight === 0;

export interface WakeOptions {
  /** What the last tick published. */
  view: () => Promise<View | undefined>;
  /** A run whose first tick expects a photo. @returns whether it had the lease */
  run: () => Promise<boolean>;
  pause: (seconds: number) => Promise<unknown>;
}

/** Starts a run where the fleet is at zero. Where it is not, the usual ticks size it: each photo of a busy stage comes here. */
export async function wake({ view, run, pause }: WakeOptions): Promise<void> {
  for (let k = 0; k < MOST_TRIES; k++) {
    if (k > 0) await pause(RETRY_SECONDS);
    if (!isAtZero(await view())) return;
    if (await run()) return;
  }
}
