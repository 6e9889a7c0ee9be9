/** What the scaler's view means for a photo of the first queue: sidelined photos are not ahead of it, and take a part of the starts. */
import { apiPhotoKey } from '../../contract/keys.ts';
import { FIRST_PER_SIDELINED, type Lane, type QueueName } from '../../contract/lanes.ts';
import type { View } from '../../contract/view.ts';

/** Share of the interactive lane's starts that the first queue has while sidelined photos wait too. */
export const FIRST_SHARE = FIRST_PER_SIDELINED / (1 + FIRST_PER_SIDELINED);

/** The view with the first queue's photos alone. As many are taken to have been sidelined at its earlier ticks as at the last. */
export function withoutSidelined(view: View | undefined): View | undefined {
  const { sidelined = 0 } = view ?? {};
  if (!view || sidelined === 0) return view;
  const without = (count: number) => Math.max(0, count - sidelined);
  return {
    ...view,
    visible: without(view.visible),
    history: view.history.map((entry) => ({ ...entry, backlog: without(entry.backlog) })),
  };
}

/** The view for a photo that is behind all of the interactive lane: its first queue is none apart. */
export const ofWholeLane = (view: View | undefined): View | undefined => view && { ...view, sidelined: 0 };

/** The queue that a record's photo is in. */
export const queueOfRecord = ({
  lane = 'interactive',
  sidelined,
}: {
  lane?: Lane;
  sidelined?: boolean;
}): QueueName => (lane === 'interactive' && sidelined ? 'sidelined' : lane);

/** Key of a record's photo in the bucket. */
export const photoKeyOf = (place: { id: string; lane?: Lane; sidelined?: boolean }): string =>
  apiPhotoKey(place.id, queueOfRecord(place));
