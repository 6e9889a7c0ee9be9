/** Settings of the probe: how often a photo of our own goes through the stage. */
import { choice, type OptionsOf, type ValuesOf } from '../../contract/field.ts';
import { PROBE_SCHEDULES } from '../../contract/probe.ts';
import type { Rule } from './check.ts';
import type { FLEET_FIELDS } from './fleet.ts';
import type { MONITORING_FIELDS } from './monitoring.ts';

export const PROBE_FIELDS = {
  /**
   * How often a photo of our own is sent through the stage, with an alarm if it has no result (docs/operate.md#probe-a-stage).
   * `hourly` needs a `minCapacity` of at least 1; `daily` boots an instance a day where the fleet is asleep.
   *
   * @default off - a quiet service costs nothing; `cost` shows what a probe adds
   */
  probePhoto: choice(PROBE_SCHEDULES, 'off'),
};

export type ProbeOptions = OptionsOf<typeof PROBE_FIELDS>;

/** Minutes of an hour: after the turn of the hour, when other schedules fire; and the latest that leaves the next photo alone. */
export const SEND_MINUTE = 5;
const LAST_MINUTE = 55;
/** Minutes from the photo to the check: the promised wait, and this for a schedule that is late and for the photo itself. */
const MARGIN_MINUTES = 15;
/** At least two launches, each up to its hook's ten minutes, and the same margin: one instance that fails to boot is no outage. */
const LEAST_MINUTES = 30;

const MOST_PROMISED_SECONDS = 60 * (LAST_MINUTE - SEND_MINUTE - MARGIN_MINUTES);

/** @returns minute of the hour in which the outcome is looked at */
export const checkMinute = (promisedWaitSeconds: number): number =>
  SEND_MINUTE + Math.max(LEAST_MINUTES, Math.ceil(promisedWaitSeconds / 60) + MARGIN_MINUTES);

type Probed = ValuesOf<typeof PROBE_FIELDS> &
  Pick<ValuesOf<typeof FLEET_FIELDS>, 'minCapacity'> &
  Pick<ValuesOf<typeof MONITORING_FIELDS>, 'promisedWaitSeconds'>;

export const PROBE_RULES: Rule<Probed>[] = [
  {
    of: ['probePhoto', 'minCapacity'],
    holds: ({ probePhoto, minCapacity }) => probePhoto !== 'hourly' || minCapacity >= 1,
    allowed: () =>
      'with minCapacity at least 1 only: a fleet that sleeps would boot an instance each hour, for some 250 USD a month; use daily',
  },
  {
    of: ['probePhoto', 'promisedWaitSeconds'],
    holds: ({ probePhoto, promisedWaitSeconds }) =>
      probePhoto === 'off' || promisedWaitSeconds <= MOST_PROMISED_SECONDS,
    allowed: ({ promisedWaitSeconds }) =>
      `with promisedWaitSeconds at most ${MOST_PROMISED_SECONDS} only, which is ${promisedWaitSeconds}: the result is looked for within the hour`,
  },
];
