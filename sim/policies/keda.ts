/** KEDA's SQS scaler with the Kubernetes Horizontal Pod Autoscaler; a replica is an instance. */
import { clamp, definePolicy, parameter, seconds } from './kind.ts';

const SYNC = 15;

export const keda = definePolicy({
  name: 'keda',
  description: 'KEDA on messages (waiting or in flight) per replica',
  source:
    'keda.sh, "AWS SQS Queue" and "ScaledObject"; kubernetes.io, "Horizontal Pod Autoscaling". A removed replica ' +
    'finishes its job, which takes a grace period longer than a job',
  parameters: {
    queueLength: parameter('messages', 5, 'per replica', {
      min: 0.01,
      candidates: [0.7, 1, 1.5, 2, 3, 5, 8, 12],
    }),
    pollingInterval: seconds(30, 'between two checks for activation or scaling to zero'),
    cooldownPeriod: seconds(300, 'without any message until scaling to zero'),
    stabilizationWindow: seconds(300, 'the largest proposal within this time applies', {
      candidates: [60, 300, 600],
    }),
    tolerance: parameter('', 0.1, 'a ratio this near to 1 changes nothing', { max: 1 }),
  },
  make({ queueLength, pollingInterval, cooldownPeriod, stabilizationWindow, tolerance }, world) {
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
            reason = 'scaled to zero';
          }
        }
        if (desired > 0 && reason === '') {
          const ratio = messages / (queueLength * desired);
          let proposed =
            Math.abs(ratio - 1) <= tolerance ? desired : Math.ceil(messages / queueLength - 1e-9);
          proposed = clamp(Math.min(proposed, Math.max(2 * desired, 4)), { min: Math.max(1, min), max });
          proposals = proposals.filter((one) => one.at > at - stabilizationWindow);
          proposals.push({ at, replicas: proposed });
          const largest = Math.max(...proposals.map((one) => one.replicas));
          reason = proposed > desired ? 'scale out' : proposed < largest ? 'stabilized' : 'as proposed';
          if (proposed > desired) desired = proposed;
          else desired = Math.min(desired, largest);
        }
        system.setDesired(Math.min(desired, world.max));
        system.explain(reason || 'nothing to do');
      },
    };
  },
});
