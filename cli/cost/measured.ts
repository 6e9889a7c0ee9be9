/** What costs are reckoned with beside prices, and where each number is from. */

/** A month of 30 days, as in `npm run bench -- scaler`. */
export const HOURS_A_MONTH = 30 * 24;
export const MINUTES_A_MONTH = HOURS_A_MONTH * 60;

/** Of the scaler; measured by `npm run bench -- scaler`: a tick of a small group, its item once its memory is full. */
export const SCALER = {
  tickMs: 11,
  itemKib: 14,
  /** lib/bundled-function.ts. */
  memoryGb: 0.25,
  /** Writes of the item: taking the lease and remembering at each tick, giving it back at the end of each minute. */
  writesPerTick: 2,
  /** A tick's line with its record and numbers, and what Lambda says of each run. */
  logBytesPerTick: 600,
  logBytesPerRun: 500,
} as const;

/** lib/gpu-fleet.ts. */
export const VOLUME_GIB = 60;
/** Of the image's snapshot: blocks that are in use. An assumption: none has been made on AWS. */
export const IMAGE_GIB = 30;

/** Of one photo: puts of the photo and its result; looks at it, before and after, and its reading; send, receive, renewal, delete. */
export const REQUESTS = { puts: 2, gets: 4, queue: 4 } as const;

export const cents = (usd: number) => Math.round(usd * 100) / 100;
