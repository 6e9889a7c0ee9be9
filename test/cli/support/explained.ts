/** A decision that tests of `explain` explain, and the policy of its stage. */
import type { StagePolicy } from '../../../cli/explain/sentences.ts';
import { record } from './memory.ts';

export const intent: StagePolicy = { kind: 'slo', targetWaitSeconds: 10, dailySpendLimit: 120 };
/** The case with a calculator of docs/scaling.md. */
export const calculation = {
  rate: 0.5,
  serviceSeconds: 6,
  bootSeconds: 90,
  queuedThen: 60,
  price: 0.12,
  meanWait: 8.25,
  late: 0,
  load: 3,
};
export const calculated = record({
  ...{ reason: 'scale-out', visible: 60, inFlight: 3, needed: 5, desired: 5, inService: 3 },
  calculation,
});
