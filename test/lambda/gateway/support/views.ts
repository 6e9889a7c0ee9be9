/** Views of a fleet with a service time of 6 s, for tests of the estimate. */
import type { View } from '../../../../contract/view.ts';

export const AT = 10_000;
export const view = (more: Partial<View> = {}): View => ({
  at: AT,
  tickSeconds: 30,
  visible: 0,
  inFlight: 0,
  inService: 0,
  coming: [],
  arrivalsPerSecond: 0,
  serviceSeconds: 6,
  bootSeconds: 90,
  // Exact, so that cases can be computed by hand.
  photosMeasured: Infinity,
  history: [{ at: AT, backlog: (more.visible ?? 0) + (more.inFlight ?? 0), completed: 0 }],
  ...more,
});
/** Two samples: `arrived` photos between them, `completed` of the backlog finished. */
export const between = (before: number, arrived: number, completed: number): View['history'] => [
  { at: AT - 30, backlog: before, completed: 100 },
  { at: AT, backlog: before + arrived - completed, completed: 100 + completed },
];
