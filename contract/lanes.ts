/**
 * The two lanes of a stage, and the folders of each in the bucket.
 *
 * A photo's lane is the folder it is uploaded to. Interactive photos have a target wait; bulk photos have a deadline and
 * yield to interactive ones. Each lane has outcome folders of its own, so that no outcome key belongs to two photos:
 * `incoming/bulk/x` becomes `results/bulk/x`, `bulk/x` becomes `bulk-results/x`.
 */
export const LANES = ['interactive', 'bulk'] as const;

export type Lane = (typeof LANES)[number];

/** Interactive photos that a worker starts before a bulk photo that waits. */
export const INTERACTIVE_PER_BULK = 9;

/** Folders of a lane in the bucket, each with its slash: of the photos, their results and their failure records. */
export type LaneFolders = Readonly<Record<'photos' | 'results' | 'failed', string>>;

/** No folder is the beginning of another: S3 refuses notifications whose prefixes overlap. */
export const FOLDERS: Readonly<Record<Lane, LaneFolders>> = {
  interactive: { photos: 'incoming/', results: 'results/', failed: 'failed/' },
  bulk: { photos: 'bulk/', results: 'bulk-results/', failed: 'bulk-failed/' },
};

/** In words. */
export const PHOTO_FOLDERS = LANES.map((lane) => `'${FOLDERS[lane].photos}'`).join(' or ');

const findLane = (key: string): Lane | undefined =>
  LANES.find((lane) => {
    const { photos } = FOLDERS[lane];
    return key.startsWith(photos) && key.length > photos.length;
  });

export const isPhotoKey = (key: string): boolean => findLane(key) !== undefined;

/**
 * The lane of a photo by its key.
 *
 * @throws when the key is not that of a photo: in no lane's folder, or the folder itself
 */
export function laneOf(photoKey: string): Lane {
  const lane = findLane(photoKey);
  if (lane !== undefined) return lane;
  throw new Error(`not a photo's key: '${photoKey}' (expected a name below ${PHOTO_FOLDERS})`);
}
