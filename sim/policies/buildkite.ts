/** buildkite-agent-scaler: an instance for each job, and instances that leave when they had nothing to do for long. */
import { clamp, type Knob, type PolicyKind } from './kind.ts';

const knob = (unit: string, value: Knob['default'], meaning: string, tries?: number[]): Knob => ({
  unit,
  default: value,
  min: 0,
  max: 100_000,
  meaning,
  tries,
});

export const buildkite: PolicyKind = {
  name: 'buildkite',
  meaning: 'an instance for each job, as buildkite-agent-scaler does; idle ones leave by themselves',
  source:
    "github.com/buildkite/buildkite-agent-scaler and elastic-ci-stack-for-aws. No scale-out cooldown (its code's " +
    'default; its stack has 300 s), and the scaler scales in too (its stack leaves that to idle agents alone, which ' +
    'keeps far more here: the instance that has been free longest takes the next job, so none is idle for 600 s)',
  knobs: {
    agentsPerInstance: {
      ...knob('jobs', (world) => world.slots, 'jobs that one instance is asked for', [1, 2, 3, 5, 8, 12]),
      min: 0.01,
    },
    buffer: knob('instances', 0, 'more than needed, while there is any job'),
    availability: knob('', 0.5, 'share of ready agents below which one more is asked for'),
    outCooldown: knob('s', 0, 'between two scale-outs'),
    idleTimeout: knob('s', 600, 'without a job until an instance leaves', [60, 600]),
    inCooldown: knob('s', 300, 'between two scale-ins by the scaler', [60, 300, 900]),
    inServiceAfter: knob('s', 45, 'from the launch until the group counts an instance as in service'),
  },
  make(set) {
    const knobs = set as Record<
      | 'agentsPerInstance'
      | 'buffer'
      | 'availability'
      | 'outCooldown'
      | 'idleTimeout'
      | 'inCooldown'
      | 'inServiceAfter',
      number
    >;
    let lastOut = -Infinity;
    let lastIn = -Infinity;
    return {
      intervalSeconds: 10,
      scheduled: true,
      tick(system, at) {
        const { visible, inFlight, desired, inService, min, max } = system.observe();
        const jobs = visible + inFlight;
        const needed = Math.ceil(jobs / knobs.agentsPerInstance);
        const running = system.pendingSince().filter((since) => at - since >= knobs.inServiceAfter).length;
        const group = inService + running;
        let asked = needed;
        const available = inService / (group || desired || 1);
        if (jobs > 0 && available < knobs.availability && group === desired) {
          asked = Math.max(asked, desired + 1);
        }
        if (jobs > 0) asked += Math.min(knobs.buffer, needed);
        asked = clamp(asked, { min, max });
        if (asked > desired && at - lastOut >= knobs.outCooldown) {
          lastOut = at;
          system.setDesired(asked);
          system.explain('more jobs than agents', needed);
          return;
        }
        system.explain(asked > desired ? 'cooling out' : 'enough agents', needed);
        if (asked < desired && at - lastIn >= knobs.inCooldown) {
          lastIn = at;
          system.setDesired(asked);
          system.explain('fewer jobs than agents', needed);
          return;
        }
        let left = desired;
        for (const { id, since } of system.idleSince()) {
          if (left <= min || at - since < knobs.idleTimeout) continue;
          system.leave(id);
          left--;
          system.explain('idle agents leave', needed);
        }
      },
    };
  },
};
