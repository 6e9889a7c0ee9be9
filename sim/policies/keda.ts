/** KEDA's SQS scaler with the Kubernetes autoscaler under it; a replica is an instance. */
import { clamp, type PolicyKind } from './kind.ts';

const seconds = (value: number, meaning: string, tries?: number[]) => ({
  unit: 's',
  default: value,
  min: 0,
  max: 86_400,
  meaning,
  tries,
});

const SYNC = 15;

export const keda: PolicyKind = {
  name: 'keda',
  meaning: 'KEDA on messages (waiting or in flight) per replica',
  source:
    'keda.sh, "AWS SQS Queue" and "ScaledObject"; kubernetes.io, "Horizontal Pod Autoscaling". A replica that is let ' +
    'go finishes its job, which takes a grace period longer than a job',
  knobs: {
    queueLength: {
      unit: 'messages',
      default: 5,
      min: 0.01,
      max: 100_000,
      meaning: 'per replica',
      tries: [0.7, 1, 1.5, 2, 3, 5, 8, 12],
    },
    pollingInterval: seconds(30, 'between two looks that wake it from zero, or put it back'),
    cooldownPeriod: seconds(300, 'without any message until it goes to zero'),
    stabilizationWindow: seconds(300, 'the largest proposal of this time holds', [60, 300, 600]),
    tolerance: { unit: '', default: 0.1, min: 0, max: 1, meaning: 'a ratio this near to 1 changes nothing' },
  },
  make(set, world) {
    const { queueLength, pollingInterval, cooldownPeriod, stabilizationWindow, tolerance } = set as Record<
      'queueLength' | 'pollingInterval' | 'cooldownPeriod' | 'stabilizationWindow' | 'tolerance',
      number
    >;
    let lastActive = -Infinity;
    let nextPoll = 0;
    let proposals: { at: number; replicas: number }[] = [];
    return {
      intervalSeconds: SYNC,
      tick(system, at) {
        const { visible, inFlight, desired: before, min, max } = system.observe();
        const messages = visible + inFlight;
        let desired = before;
        let reason = '';
        if (at >= nextPoll) {
          nextPoll = at + pollingInterval;
          if (messages > 0) lastActive = at;
          if (messages > 0 && desired === 0) {
            desired = Math.min(max, Math.max(1, min));
            reason = 'activated';
          } else if (min === 0 && messages === 0 && desired > 0 && at - lastActive > cooldownPeriod) {
            desired = 0;
            reason = 'cooled down to zero';
          }
        }
        if (desired > 0 && reason === '') {
          const ratio = messages / (queueLength * desired);
          let asked = Math.abs(ratio - 1) <= tolerance ? desired : Math.ceil(messages / queueLength - 1e-9);
          asked = clamp(Math.min(asked, Math.max(2 * desired, 4)), { min: Math.max(1, min), max });
          proposals = proposals.filter((one) => one.at > at - stabilizationWindow);
          proposals.push({ at, replicas: asked });
          const held = Math.max(...proposals.map((one) => one.replicas));
          reason = asked > desired ? 'more asked' : asked < held ? 'stabilised' : 'as asked';
          if (asked > desired) desired = asked;
          else desired = Math.min(desired, held);
        }
        system.setDesired(Math.min(desired, world.max));
        system.explain(reason || 'nothing to do');
      },
    };
  },
};
