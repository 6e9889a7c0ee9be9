/** buildkite-agent-scaler: an instance per job; instances terminate themselves after an idle timeout. */
import { clamp, definePolicy, parameter } from './kind.ts';

export const buildkite = definePolicy({
  name: 'buildkite',
  description: 'an instance per job, as buildkite-agent-scaler does; idle instances terminate themselves',
  source:
    "github.com/buildkite/buildkite-agent-scaler and elastic-ci-stack-for-aws. No scale-out cooldown (its code's " +
    'default; its stack has 300 s), and the scaler scales in too (its stack leaves that to idle agents alone, which ' +
    'keeps far more here: the instance that has been free longest takes the next job, so none is idle for 600 s)',
  parameters: {
    agentsPerInstance: parameter('jobs', (world) => world.slots, 'per requested instance', {
      min: 0.01,
      candidates: [1, 2, 3, 5, 8, 12],
    }),
    buffer: parameter('instances', 0, 'more than needed, while there is any job'),
    availability: parameter('', 0.5, 'share of ready agents below which one more is requested'),
    outCooldown: parameter('s', 0, 'between two scale-outs'),
    idleTimeout: parameter('s', 600, 'without a job until an instance terminates itself', {
      candidates: [60, 600],
    }),
    inCooldown: parameter('s', 300, 'between two scale-ins by the scaler', { candidates: [60, 300, 900] }),
    inServiceAfter: parameter('s', 45, 'from the launch until the group counts an instance as in service'),
  },
  make({ agentsPerInstance, buffer, availability, outCooldown, idleTimeout, inCooldown, inServiceAfter }) {
    let lastOut = -Infinity;
    let lastIn = -Infinity;
    return {
      intervalSeconds: 10,
      scheduled: true,
      tick(system, at) {
        const { visible, inFlight, desired, inService, min, max } = system.observe();
        const jobs = visible + inFlight;
        const needed = Math.ceil(jobs / agentsPerInstance);
        const running = system.pendingSince().filter((since) => at - since >= inServiceAfter).length;
        const group = inService + running;
        let proposed = needed;
        const available = inService / (group || desired || 1);
        if (jobs > 0 && available < availability && group === desired) {
          proposed = Math.max(proposed, desired + 1);
        }
        if (jobs > 0) proposed += Math.min(buffer, needed);
        proposed = clamp(proposed, { min, max });
        if (proposed > desired && at - lastOut >= outCooldown) {
          lastOut = at;
          system.setDesired(proposed);
          system.explain('more jobs than agents', needed);
          return;
        }
        system.explain(proposed > desired ? 'scale-out cooldown' : 'enough agents', needed);
        if (proposed < desired && at - lastIn >= inCooldown) {
          lastIn = at;
          system.setDesired(proposed);
          system.explain('fewer jobs than agents', needed);
          return;
        }
        let left = desired;
        for (const { id, since } of system.idleSince()) {
          if (left <= min || at - since < idleTimeout) continue;
          system.leave(id);
          left--;
          system.explain('idle timeout', needed);
        }
      },
    };
  },
});
