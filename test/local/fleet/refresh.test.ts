/** An instance refresh: how many instances are there and in service at each step, while the desired capacity changes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Group } from '../../../local/fleet/group.ts';
import { isTerminating } from '../../../local/fleet/instance.ts';
import type { RefreshPreferences } from '../../../local/fleet/refresh.ts';
import { BOOT_MS, makeGroup } from '../support/fleet.ts';

const LAUNCH_FIRST = { minHealthyPercentage: 100, maxHealthyPercentage: 125 };
const TERMINATE_FIRST = { minHealthyPercentage: 50, maxHealthyPercentage: 100 };
const DRAIN_MS = 3000;

/** A group whose instances get ready as soon as they have booted, and drain for three seconds. */
class Running {
  now = 1_000_000;
  readonly group: Group = makeGroup({ max: 40 });
  private readonly drained = new Map<string, number>();

  constructor(desired: number) {
    this.group.version = '1';
    this.group.setDesired(desired, this.now);
    this.pass(2 * BOOT_MS);
  }

  change(preferences: RefreshPreferences): void {
    this.group.version = '2';
    this.group.refresh(preferences, this.now);
  }

  pass(ms: number, look: () => void = () => undefined): void {
    for (const end = this.now + ms; this.now < end; this.now += 500) {
      const { group, now } = this;
      group.advance(now);
      for (const { id, hook, lifecycleState } of [...group.instances]) {
        if (hook?.name === 'ready') group.complete('ready', id, 'CONTINUE', now);
        if (lifecycleState !== 'Terminating:Wait') continue;
        const since = this.drained.get(id) ?? now;
        this.drained.set(id, since);
        if (now - since >= DRAIN_MS) group.complete('drained', id, 'CONTINUE', now);
      }
      for (const { kind, instance } of group.effects.splice(0))
        if (kind === 'stop') group.stopped(instance.id, now);
      look();
    }
  }

  get alive(): number {
    return this.group.instances.filter((one) => !isTerminating(one)).length;
  }
  get inService(): number {
    return this.group.instances.filter(({ lifecycleState }) => lifecycleState === 'InService').length;
  }
  get versions(): Set<string> {
    return new Set(this.group.instances.map(({ version }) => version));
  }
  get status(): string | undefined {
    return this.group.refreshes.all[0]?.status;
  }
}

describe('an instance refresh', () => {
  it.each([
    ['launches a quarter more before it terminates', 8, LAUNCH_FIRST, [8, 10]],
    ['replaces a single instance by a second one', 1, LAUNCH_FIRST, [1, 2]],
    ['terminates half of them first, where none may be added', 8, TERMINATE_FIRST, [4, 8]],
  ])('%s', (_what, desired, preferences, [least, most]) => {
    const fleet = new Running(desired);
    fleet.change(preferences);
    const seen = { least: Infinity, most: 0 };
    fleet.pass(120_000, () => {
      seen.least = Math.min(seen.least, fleet.inService);
      seen.most = Math.max(seen.most, fleet.alive);
    });
    expect(seen).toEqual({ least, most });
    expect([fleet.status, [...fleet.versions], fleet.inService]).toEqual(['Successful', ['2'], desired]);
  });

  it('of instances that match already ends at once', () => {
    const fleet = new Running(3);
    fleet.group.refresh(LAUNCH_FIRST, fleet.now);
    fleet.pass(1000);
    expect([fleet.status, [...fleet.versions]]).toEqual(['Successful', ['1']]);
  });

  it('replaces all of them without skip matching, and refuses a second refresh meanwhile', () => {
    const fleet = new Running(2);
    const before = fleet.group.instances.map(({ id }) => id);
    fleet.group.refresh(LAUNCH_FIRST, fleet.now, true);
    expect(() => fleet.group.refresh(LAUNCH_FIRST, fleet.now)).toThrow('already in progress');
    fleet.pass(60_000);
    expect(fleet.group.instances.filter(({ id }) => before.includes(id))).toEqual([]);
    expect(fleet.inService).toBe(2);
  });

  it('that is cancelled leaves what is there', () => {
    const fleet = new Running(8);
    fleet.change(LAUNCH_FIRST);
    fleet.pass(BOOT_MS + 1000);
    fleet.group.refreshes.cancel(fleet.now);
    fleet.pass(60_000);
    expect([fleet.status, fleet.versions.size, fleet.inService]).toEqual(['Cancelled', 2, 8]);
    expect(() => fleet.group.refreshes.cancel(fleet.now)).toThrow('No in progress');
  });

  it('follows a desired capacity that changes meanwhile: none is missing, and a quarter more is there at most', () => {
    const step = fc.record({
      desired: fc.integer({ min: 0, max: 20 }),
      ms: fc.integer({ min: 0, max: 12_000 }),
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.array(step, { maxLength: 6 }), (desired, steps) => {
        const fleet = new Running(desired);
        fleet.change(LAUNCH_FIRST);
        // A smaller desired capacity takes any instance; a refresh none.
        let [before, hasShrunk] = [fleet.inService, false];
        const look = () => {
          const wanted = fleet.group.desired;
          if (!hasShrunk) expect(fleet.inService).toBeGreaterThanOrEqual(Math.min(before, wanted));
          expect(fleet.alive).toBeLessThanOrEqual(wanted + Math.max(1, Math.floor(wanted / 4)));
          before = fleet.inService;
        };
        for (const { desired: next, ms } of steps) {
          hasShrunk ||= next < fleet.group.desired;
          fleet.group.setDesired(next, fleet.now);
          fleet.pass(ms, look);
        }
        fleet.pass(300_000, look);
        expect([fleet.status, fleet.inService]).toEqual(['Successful', fleet.group.desired]);
        expect(fleet.versions.has('1')).toBe(false);
      }),
      { seed: 7, numRuns: 15 },
    );
  });
});
