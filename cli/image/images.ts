/** Which images there are, which are spoken for, and which may go. */

/** An image of the service, as far as a release looks at it. */
export interface Image {
  id: string;
  /** ISO time. */
  createdAt: string;
  /** `available`, `pending`, `failed` and others of EC2's. */
  state: string;
  /** What is in it, by the tags of its build. */
  revision?: string | undefined;
  comfyui?: string | undefined;
  ddcolor?: string | undefined;
  weights?: string | undefined;
  /** ISO time from which on it counts as deprecated. */
  deprecatedAt?: string | undefined;
}

/** A parameter that names an image. */
export interface ImageUse {
  stage: string;
  role: 'current' | 'candidate';
  imageId: string;
}

/** Images that stay, counted with those that are spoken for. */
export const KEEP = 3;

const newestFirst = (a: Image, b: Image) =>
  b.createdAt.localeCompare(a.createdAt) || a.id.localeCompare(b.id);
export const sorted = (images: Image[]): Image[] => [...images].sort(newestFirst);

/**
 * What may go: everything beyond three, oldest first. What a parameter names stays in any case, and so does what a
 * rollback would go back to: candidates that failed are newer than it, and would push it out.
 *
 * @param spokenFor ids of images that stay, however many
 */
export function imagesToRemove(images: Image[], spokenFor: Iterable<string>): Image[] {
  const kept = new Set(spokenFor);
  const present = sorted(images);
  let room = KEEP - present.filter(({ id }) => kept.has(id)).length;
  const removable = present.filter(({ id, state }) => {
    // A build of somebody else that nothing names yet.
    if (kept.has(id) || state === 'pending') return false;
    return room-- <= 0;
  });
  return removable.reverse();
}

/**
 * The image that a rollback goes back to: the newest earlier value that is another one and still exists.
 *
 * @param history values of the parameter, oldest first
 */
export function imageBefore(
  history: string[],
  current: string | undefined,
  images: Pick<Image, 'id' | 'state'>[],
): string | undefined {
  const there = new Set(images.filter(({ state }) => state === 'available').map(({ id }) => id));
  return history.findLast((id) => id !== current && there.has(id));
}
