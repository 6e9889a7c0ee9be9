/** Whether each outage had the effect that the documentation states, and no more. */
import type { OutageReport } from './outages.ts';
import type { SpotReport } from './spot-shortage.ts';

/** Launches while an image does not get ready, as multiples of the fleet's maximum. */
const MOST_LAUNCHES = {
  // All at once, their replacements until the scaler looks, then one at a time.
  'image without nodes': 3,
  // All at once, then one at a time: without the breaker all are launched again after the hook's timeout.
  'image whose worker says nothing': 1.75,
} as Record<string, number>;
/** Two ticks until the scaler moves what is refused, and a boot beside the other faults, seconds. */
const MOST_ON_DEMAND_SECONDS = 120;
/** The scaler tries again when a refusal is three minutes old; an outage of the boots beside it takes minutes too. */
const MOST_BACK_SECONDS = 600;
/** The last few photos of a run may all have met a fault that lasts longer. */
const ENOUGH = 50;
/** A worker reports why it cannot get ready; a silent one does not. */
const WHY = 'lacks the node';

/** @param max of the fleet. @returns a sentence for each problem */
export function outageProblems(reports: OutageReport[], max: number): string[] {
  return reports.flatMap(({ kind, boots, logs, spot, left, photos }) => {
    const problems: string[] = [];
    if (spot) {
      const { interrupted, onDemandSeconds, backSeconds, watchedSeconds } = spot;
      if (interrupted === 0) problems.push('no Spot instance was interrupted: it had no effect');
      if (onDemandSeconds === null) problems.push('no on-demand instance came into service');
      else if (onDemandSeconds > MOST_ON_DEMAND_SECONDS)
        problems.push(`on demand after ${onDemandSeconds} s where ${MOST_ON_DEMAND_SECONDS} are allowed`);
      if (watchedSeconds > MOST_BACK_SECONDS)
        problems.push(
          `${backSeconds === null ? 'no Spot instance within' : 'on Spot after'} ${watchedSeconds} s where ${MOST_BACK_SECONDS} are allowed`,
        );
      if (photos === 0 && left >= ENOUGH) problems.push('no photo was coloured meanwhile');
    } else if (boots) {
      const { launches, held, why } = boots;
      const most = MOST_LAUNCHES[kind]! * max;
      if (launches > most) problems.push(`${launches} launches where ${most} are allowed`);
      if (launches === 0) problems.push('no launch: it had no effect');
      if (held === 0) problems.push("no decision with the reason 'boot-failure'");
      if (kind === 'image without nodes' && !why.some((reason) => reason.includes(WHY)))
        problems.push(`the workers' reason has not reached the scaler, which has ${JSON.stringify(why)}`);
    } else {
      if (photos === 0 && left >= ENOUGH) problems.push('no photo was coloured meanwhile');
      if (logs?.deliveryFailures === 0) problems.push('no delivery failure was published');
      for (const id of logs?.stuck ?? []) problems.push(`the lines of ${id} did not come after it`);
    }
    return problems.map((problem) => `${kind}: ${problem}`);
  });
}

const spotLine = ({ interrupted, onDemandSeconds, backSeconds, watchedSeconds }: SpotReport) => {
  const back = backSeconds === null ? `not on Spot in the ${watchedSeconds} s` : `on Spot ${backSeconds} s`;
  return `${interrupted} interrupted, on demand after ${onDemandSeconds} s, ${back} after it`;
};

export function outageLine({ kind, seconds, photos, boots, logs, spot }: OutageReport): string {
  const seen = spot
    ? spotLine(spot)
    : boots
      ? `${boots.launches} launches, ${boots.held} decisions 'boot-failure', in service ${boots.recoveredSeconds} s after it`
      : `${logs?.deliveryFailures} delivery failures published`;
  return `${String(seconds).padStart(6)} s  ${kind}: ${seen}; ${photos} photos meanwhile`;
}
