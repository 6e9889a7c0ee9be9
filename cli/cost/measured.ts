/** The quantities that costs are computed from, each with its source. */

/** A month of 30 days, as in `npm run bench -- scaler`. */
export const HOURS_A_MONTH = 30 * 24;
export const MINUTES_A_MONTH = HOURS_A_MONTH * 60;

/** Of the scaler, by `npm run bench -- scaler`: a tick of a small group, and its item once its memory is full. */
export const SCALER = {
  tickMs: 11,
  itemKib: 14,
  /** lib/bundled-function.ts. */
  memoryGb: 0.25,
  /** Writes of the item per tick (lease, memory); one more per run releases the lease. */
  writesPerTick: 2,
  /** A tick's log line with its record and metrics; Lambda's own lines per run. */
  logBytesPerTick: 600,
  logBytesPerRun: 500,
} as const;

/**
 * Per photo: puts of the photo and its result; heads before and after, and gets; send, receive, renewal, delete; its
 * attempt.
 */
export const REQUESTS = { puts: 2, gets: 4, queue: 4, tableWrites: 1 } as const;

/**
 * Of a stage with a minimum of 0, per photo: events of its bucket (photo and result, each when it is made and when it expires), and the
 * run of the scaler that finds the fleet at work, seconds.
 */
export const WAKE = { events: 4, functionSeconds: 0.05 } as const;

/** Of the probe: a run of its function, which is a few calls; heads and gets for its photo and outcomes. */
export const PROBE = { functionSeconds: 1, gets: 3 } as const;

export interface CostLine {
  what: string;
  /** The calculation as text. */
  arithmetic: string;
  /** For a month of 30 days, to the cent. */
  usd: number;
}

export const cents = (usd: number) => Math.round(usd * 100) / 100;
