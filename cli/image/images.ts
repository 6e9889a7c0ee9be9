/** Which images are in use, and which are removed. */

/** An image of the service. */
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
  /** GiB of its snapshot, by which EBS charges. */
  sizeGib?: number | undefined;
  /** ISO time of its deprecation. */
  deprecatedAt?: string | undefined;
}

/** A parameter that names an image. */
export interface ImageUse {
  stage: string;
  role: 'current' | 'candidate';
  imageId: string;
}

/** Images kept, including those in use. */
export const KEEP = 3;

const newestFirst = (a: Image, b: Image) =>
  b.createdAt.localeCompare(a.createdAt) || a.id.localeCompare(b.id);
export const sorted = (images: Image[]): Image[] => [...images].sort(newestFirst);

/**
 * The images to remove: all but the newest three, oldest first. Images that a parameter names always stay, and so does the one
 * that a rollback would restore, since failed candidates are newer than it.
 *
 * @param inUse ids of images that stay
 */
export function imagesToRemove(images: Image[], inUse: Iterable<string>): Image[] {
  const kept = new Set(inUse);
  const present = sorted(images);
  let room = KEEP - present.filter(({ id }) => kept.has(id)).length;
  const removable = present.filter(({ id, state }) => {
    // A build in progress that no parameter names yet.
    if (kept.has(id) || state === 'pending') return false;
    return room-- <= 0;
  });
  return removable.reverse();
}

/**
 * The image that a rollback restores: the newest other earlier value that still exists.
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
