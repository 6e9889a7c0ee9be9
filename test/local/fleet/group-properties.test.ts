/** Properties of a group under any sequence of calls. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { TRANSITIONS, type LifecycleState } from '../../../local/fleet/instance.ts';
import { isWarm } from '../../../local/fleet/instance.ts';
import { poolSize } from '../../../local/fleet/warm-pool.ts';
import { BOOT_MS, makeGroup, ON_DEMAND } from '../support/fleet.ts';

const POOL = { minSize: 1, maxGroupPreparedCapacity: 3, reuseOnScaleIn: true };

it.each([
  ['without a warm pool', undefined],
  ['with a warm pool', POOL],
])('%s follows the lifecycle diagram and reaches its desired capacity', (_what, pool) => {
  const pick = fc.nat({ max: 9 });
  const command = fc.oneof(
    fc.record({ do: fc.constant('desire' as const), n: fc.integer({ min: 0, max: 5 }) }),
    fc.record({ do: fc.constant('wait' as const), n: fc.integer({ min: 1, max: 700_000 }) }),
    fc.record({ do: fc.constantFrom('complete', 'abandon', 'die', 'sick', 'stop', 'terminate'), n: pick }),
    fc.record({ do: fc.constantFrom('fail', 'work', 'suspend', 'resume'), n: pick }),
  );
  fc.assert(
    fc.property(fc.array(command, { maxLength: 40 }), (commands) => {
      let now = 1_000_000;
      const group = makeGroup({ purchase: ON_DEMAND });
      group.setWarmPool(pool, now);
      const pass = (ms: number) => {
        now += ms;
        group.advance(now);
      };
      const stopAll = () => {
        for (const { kind, instance } of group.effects.splice(0)) {
          if (kind === 'stop') group.stopped(instance.id, now);
        }
      };
      const last = new Map<string, LifecycleState>();
      const gone = new Set<string>();
      const check = () => {
        for (const { id, lifecycleState } of group.instances) {
          expect(gone.has(id)).toBe(false);
          const before = last.get(id);
          // Several transitions may happen between two checks.
          if (before && before !== lifecycleState) expect(reachable(before)).toContain(lifecycleState);
          last.set(id, lifecycleState);
        }
        const busy = group.members.filter((one) => !one.lifecycleState.startsWith('Terminat'));
        if (!group.suspended.has('Terminate')) expect(busy.length).toBeLessThanOrEqual(group.desired);
        for (const id of last.keys()) if (!group.instances.some((one) => one.id === id)) gone.add(id);
        expect(group.desired).toBeGreaterThanOrEqual(0);
        expect(group.desired).toBeLessThanOrEqual(5);
      };
      for (const { do: what, n } of commands) {
        const instance = group.instances[n % Math.max(1, group.instances.length)];
        if (what === 'desire') group.setDesired(n, now);
        if (what === 'wait') pass(n);
        if (what === 'fail') group.setShortages([{ message: 'no capacity' }], now);
        if (what === 'work') group.setShortages([], now);
        if (what === 'suspend') group.suspended.add('Terminate');
        if (what === 'resume') group.suspended.clear();
        if (what === 'stop') stopAll();
        if (instance && what === 'die') group.died(instance.id, now);
        if (instance && what === 'sick') group.setHealth(instance.id, 'Unhealthy', now);
        if (instance && what === 'terminate' && !isWarm(instance)) group.terminate(instance.id, false, now);
        if (instance?.hook && (what === 'complete' || what === 'abandon')) {
          group.complete(instance.hook.name, instance.id, what === 'complete' ? 'CONTINUE' : 'ABANDON', now);
        }
        check();
      }
      group.setShortages([], now);
      group.suspended.clear();
      for (let i = 0; i < 50; i++) {
        pass(BOOT_MS);
        for (const { id, hook } of [...group.instances])
          if (hook) group.complete(hook.name, id, 'CONTINUE', now);
        stopAll();
        check();
      }
      const size = pool ? poolSize(pool, { desired: group.desired, max: 5 }) : 0;
      expect(group.instances.map(({ lifecycleState }) => lifecycleState).sort()).toEqual([
        ...Array.from({ length: group.desired }, () => 'InService'),
        ...Array.from({ length: size }, () => 'Warmed:Stopped'),
      ]);
    }),
    { seed: 20_261_123, numRuns: 150 },
  );
});

/** All states that can follow a state. */
function reachable(from: LifecycleState): Set<LifecycleState> {
  const found = new Set<LifecycleState>();
  const visit = (state: LifecycleState) => {
    for (const next of TRANSITIONS[state]) {
      if (found.has(next)) continue;
      found.add(next);
      visit(next);
    }
  };
  visit(from);
  return found;
}
