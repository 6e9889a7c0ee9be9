/** The public part of AWS predictive scaling, over target tracking. */
import type { Controller } from '../engine/types.ts';
import { clamp, definePolicy, parameter } from './kind.ts';
import { trackingOf, trackingParameters } from './target-tracking.ts';

const HOUR = 3600;
const REFRESH_HOURS = 6;
const HISTORY_HOURS = 14 * 24;
const WEEK_HOURS = 7 * 24;

/**
 * Jobs expected in an hour: the mean of the same hour of the day, and of the same weekday once there is a week of history.
 * A substitute for Amazon's forecast, which is not published.
 *
 * @param loads jobs of each past hour, from the start
 */
export function forecast(loads: number[], hour: number): number {
  const period = loads.length >= WEEK_HOURS ? WEEK_HOURS : 24;
  const same: number[] = [];
  for (let past = hour - period; past >= 0; past -= period) {
    if (past < loads.length && past >= loads.length - HISTORY_HOURS) same.push(loads[past] as number);
  }
  return same.length === 0 ? 0 : same.reduce((sum, load) => sum + load, 0) / same.length;
}

export const predictive = definePolicy({
  name: 'predictive',
  description: 'AWS predictive scaling: hourly capacity by forecast, ahead of the hour, over target tracking',
  source:
    'Amazon EC2 Auto Scaling user guide, "Predictive scaling". The forecast is unpublished: the mean of the same hours ' +
    'replaces it; the reactive policy under it has data points every 10 s',
  parameters: {
    ...trackingParameters(10, [1.67, 5, 10]),
    use: parameter('', 0.7, 'share of an instance that the forecast load should fill', {
      min: 0.01,
      max: 10,
      candidates: [0.5, 0.7, 0.9],
    }),
    buffer: parameter('s', 300, 'ahead of the hour', { max: 3600 }),
  },
  make(set, world): Controller {
    const reactive = trackingOf(set, world, 10);
    const perHour = (HOUR * world.slots * set.use) / world.service;
    const buffer = set.buffer;
    const loads: number[] = [];
    let counted = 0;
    /** Capacity of each hour that has been forecast. */
    const floors = new Map<number, number>();
    return {
      intervalSeconds: 10,
      tick(system, at) {
        const { visible, inFlight, min, max } = system.actual();
        if (at % HOUR === 0) {
          const sent = system.workCounters().completed + visible + inFlight;
          loads.push(sent - counted);
          counted = sent;
          if (loads.length % REFRESH_HOURS === 0 && loads.length >= 24) {
            for (let ahead = 0; ahead < 48; ahead++) {
              const hour = loads.length + ahead;
              floors.set(hour, clamp(Math.ceil(forecast(loads, hour) / perHour), { min, max }));
            }
          }
        }
        const now = floors.get(Math.floor(at / HOUR)) ?? 0;
        const soon = floors.get(Math.floor((at + buffer) / HOUR)) ?? 0;
        const floor = Math.max(now, soon);
        const { desired, reason } = reactive.desiredAt(system, at);
        system.setDesired(Math.max(desired, floor));
        system.explain(floor > desired ? 'forecast' : reason, floor);
      },
    };
  },
});
