/**
 * The two lanes of a stage, their queues, and the folders of each queue in the bucket.
 *
 * A photo's queue is the folder it is uploaded to. Interactive photos have a target wait; bulk photos have a deadline and
 * yield to interactive ones. Each queue has outcome folders of its own, so that no outcome key belongs to two photos:
 * `incoming/bulk/x` becomes `results/bulk/x`, `bulk/x` becomes `bulk-results/x`.
 */
export const LANES = ['interactive', 'bulk'] as const;

/** What a photo is promised. */
export type Lane = (typeof LANES)[number];

/**
 * The job queues, in the order in which their photos start: `sidelined` is the second one of the interactive lane, for photos of a caller of
 * the API that has many unfinished ones.
 */
export const QUEUES = ['interactive', 'sidelined', 'bulk'] as const;

export type QueueName = (typeof QUEUES)[number];

/** Output of the stack with the URL of each. */
export const QUEUE_OUTPUTS = {
  interactive: 'QueueUrl',
  sidelined: 'SidelinedQueueUrl',
  bulk: 'BulkQueueUrl',
} as const satisfies Record<QueueName, string>;

/** URLs of a stack's job queues by its outputs; a stack from before a queue has none of it. */
export const queueUrlsOf = (outputs: Readonly<Partial<Record<string, string>>>): string[] =>
  QUEUES.flatMap((queue) => outputs[QUEUE_OUTPUTS[queue]] ?? []);

export const laneOfQueue = (queue: QueueName): Lane => (queue === 'bulk' ? 'bulk' : 'interactive');

/** Interactive photos that a worker starts before a bulk photo that waits. */
export const INTERACTIVE_PER_BULK = 9;

/** Photos of the first queue that a worker starts before a sidelined one that waits. */
export const FIRST_PER_SIDELINED = 3;

/**
 * How many times as long as in one queue for all a sidelined photo waits at most: at least each fourth start of the interactive lane is one of its queue while
 * photos of both wait.
 */
export const SIDELINED_WAIT_FACTOR = FIRST_PER_SIDELINED + 1;

/** Folders of a queue in the bucket, each with its slash: of the photos, their results and their failure records. */
export type QueueFolders = Readonly<Record<'photos' | 'results' | 'failed', string>>;

/** No folder is the beginning of another: S3 refuses notifications whose prefixes overlap. */
export const FOLDERS: Readonly<Record<QueueName, QueueFolders>> = {
  interactive: { photos: 'incoming/', results: 'results/', failed: 'failed/' },
  sidelined: { photos: 'sidelined/', results: 'sidelined-results/', failed: 'sidelined-failed/' },
  bulk: { photos: 'bulk/', results: 'bulk-results/', failed: 'bulk-failed/' },
};

/** Of all queues, those with results and failure records. */
export const OUTCOME_FOLDERS: readonly string[] = Object.values(FOLDERS).flatMap(({ results, failed }) => [
  results,
  failed,
]);

/** In words. */
export const PHOTO_FOLDERS = QUEUES.map((queue) => `'${FOLDERS[queue].photos}'`).join(' or ');

const findQueue = (key: string): QueueName | undefined =>
  QUEUES.find((queue) => {
    const { photos } = FOLDERS[queue];
    return key.startsWith(photos) && key.length > photos.length;
  });

export const isPhotoKey = (key: string): boolean => findQueue(key) !== undefined;

/**
 * The queue of a photo by its key.
 *
 * @throws when the key is not that of a photo: in no queue's folder, or the folder itself
 */
export function queueOf(photoKey: string): QueueName {
  const queue = findQueue(photoKey);
  if (queue !== undefined) return queue;
  throw new Error(`not a photo's key: '${photoKey}' (expected a name below ${PHOTO_FOLDERS})`);
}

/**
 * The lane of a photo by its key.
 *
 * @throws when the key is not that of a photo
 */
export const laneOf = (photoKey: string): Lane => laneOfQueue(queueOf(photoKey));
