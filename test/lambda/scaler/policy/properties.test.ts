/** What holds for any policy after any sequence of ticks. `npm run test:full` runs a million sequences, not a thousand. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromItem, toItem } from '../../../../lambda/scaler/memory.ts';
import type { PolicySettings } from '../../../../contract/policy.ts';
import { decide } from '../../../../lambda/scaler/policy/decide.ts';
import type { PolicyMemory, RuleSettings } from '../../../../lambda/scaler/policy/decision.ts';
import { heldOf } from '../../../../lambda/scaler/policy/flow.ts';
import type {
  InstanceLaunch,
  Observation,
  WorkReport,
} from '../../../../lambda/scaler/policy/observation.ts';
import { seen, slo, threshold } from '../support/observations.ts';

const SEQUENCES = Number(process.env.SEQUENCES ?? 1000);
const options = { seed: 11, numRuns: SEQUENCES };

const NOTHING: WorkReport = { completed: 0, busySeconds: 0 };

/** Mostly small numbers, where the rule changes its mind; some very large ones. */
const count = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 40 }) },
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 1000 }) },
  { weight: 1, arbitrary: fc.constantFrom(0, 1_000_000, 10_000_000) },
);
const tickArbitrary = fc.record({
  /** Seconds since the tick before; sometimes none, a clock set back, or days. */
  after: fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(15, 30, 31) },
    { weight: 2, arbitrary: fc.constantFrom(0, -45, 0.001, 90, 1000, 1e6) },
  ),
  visible: count,
  inFlight: fc.oneof(fc.integer({ min: 0, max: 12 }), count),
  inService: fc.oneof(fc.integer({ min: 0, max: 12 }), count),
  pending: fc.integer({ min: 0, max: 12 }),
  draining: fc.integer({ min: 0, max: 3 }),
  /** Desired capacity: as decided before, or changed by hand. */
  byHand: fc.option(count, { nil: undefined, freq: 6 }),
  limits: fc.option(fc.tuple(count, count), { nil: undefined, freq: 6 }),
  completed: fc.oneof(fc.integer({ min: 0, max: 30 }), count),
  busySeconds: fc.oneof(fc.double({ min: 0, max: 200, noNaN: true }), fc.constantFrom(0, 1e9)),
  /** Launches that the activities show: their outcome, and their age in seconds. */
  launches: fc.option(
    fc.array(
      fc.record({
        outcome: fc.constantFrom<InstanceLaunch['outcome']>(
          'under-way',
          'in-service',
          'boot-failed',
          'cancelled',
        ),
        age: fc.integer({ min: 0, max: 1800 }),
      }),
      { maxLength: 8 },
    ),
    { nil: undefined },
  ),
  /** Of the bulk lane: messages, and the shares of what is reported that are of bulk. */
  bulk: fc.record({
    visible: count,
    inFlight: fc.oneof(fc.integer({ min: 0, max: 12 }), count),
    photos: fc.double({ min: 0, max: 1, noNaN: true }),
    seconds: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
  /** Whether workers report; or their counters started again. */
  reports: fc.constantFrom('yes', 'yes', 'yes', 'no', 'restarted'),
});
const positive = fc.constantFrom(0.01, 1, 6, 90, 1000, 86_400);
const seconds = fc.constantFrom(0, 0, 30, 60, 300);
const sloSettings: fc.Arbitrary<PolicySettings> = fc.record({
  kind: fc.constantFrom('slo', 'forecast'),
  targetWaitSeconds: positive,
  p95WaitSeconds: fc.option(positive, { nil: undefined }),
  priceOfWaiting: fc.option(positive, { nil: undefined }),
  serviceSeconds: positive,
  bootSeconds: positive,
  scaleOutCooldownSeconds: seconds,
  scaleInCooldownSeconds: seconds,
  emptyHoldSeconds: seconds,
  sleepAfterSeconds: fc.option(seconds, { nil: undefined }),
});
const settings: fc.Arbitrary<PolicySettings> = fc.oneof(
  fc.constant<PolicySettings>(slo),
  sloSettings,
  fc.constant<PolicySettings>(threshold),
);
const sequence = fc.record({
  ticks: fc.array(tickArbitrary, { minLength: 1, maxLength: 12 }),
  settings,
  tickSeconds: fc.constantFrom(30, 15, undefined),
  /** Seconds; undefined without a bulk lane. */
  bulkDeadline: fc.constantFrom(undefined, undefined, 60, 3600),
});

type Sequence = typeof sequence extends fc.Arbitrary<infer T> ? T : never;
type Visit = (seen: Observation, before: PolicyMemory, settings: RuleSettings) => void;

/** Decides tick after tick. @param visit called with each observation and the memory before it */
function walk({ ticks, tickSeconds, bulkDeadline, ...given }: Sequence, visit: Visit): PolicyMemory {
  const settings: RuleSettings = { ...given.settings, bulkDeadlineSeconds: bulkDeadline };
  let memory: PolicyMemory = {};
  let at = 1_800_000_000;
  const instants = new Set<number>();
  let desired = 0;
  let [min, max] = [0, 20];
  let group = { inService: 0, pending: 0, draining: 0 };
  let reported: WorkReport = NOTHING;
  const page: InstanceLaunch[] = [];
  for (const one of ticks) {
    at += one.after;
    // A clock that is set back never shows the exact instant of an earlier tick again.
    if (one.after !== 0) while (instants.has(at)) at += 0.001;
    instants.add(at);
    if (one.limits) [min, max] = [Math.min(...one.limits), Math.max(...one.limits)];
    const before = one.reports === 'restarted' ? NOTHING : reported;
    reported = {
      completed: before.completed + one.completed,
      busySeconds: before.busySeconds + one.busySeconds,
      ...(bulkDeadline && {
        bulkCompleted: (before.bulkCompleted ?? 0) + one.bulk.photos * one.completed,
        bulkBusySeconds: (before.bulkBusySeconds ?? 0) + one.bulk.seconds * one.busySeconds,
      }),
    };
    page.push(
      ...(one.launches ?? []).map(({ outcome, age }, k): InstanceLaunch => {
        const id = `${at - age}-${k}`;
        const over = outcome === 'under-way' ? {} : { endedAt: at };
        return { id, instance: `i-${id}`, startedAt: at - age, outcome, ...over };
      }),
    );
    const { visible, inFlight } = one;
    // At one instant the group is one: two looks that contradict each other in it would be two groups.
    if (one.after !== 0) group = { inService: one.inService, pending: one.pending, draining: one.draining };
    const { byHand } = one.after === 0 ? { byHand: undefined } : one;
    const launches = one.launches && page.filter(({ startedAt }) => startedAt > at - 1800);
    const observation = seen({
      at,
      ...(launches && { launches, launchTimeoutSeconds: 600 }),
      visible,
      inFlight,
      ...group,
      min,
      max,
      desired: byHand ?? desired,
      tickSeconds,
      ...(bulkDeadline && { bulk: { visible: one.bulk.visible, inFlight: one.bulk.inFlight } }),
      ...(one.reports === 'no' ? {} : { reported }),
    });
    visit(observation, memory, settings);
    ({ desired, memory } = decide(observation, memory, settings));
  }
  return memory;
}

/** Every number within a value. */
function* numbers(value: unknown): Generator<number> {
  if (typeof value === 'number') yield value;
  else if (typeof value === 'object' && value !== null) {
    for (const one of Object.values(value)) yield* numbers(one);
  }
}

describe('after any sequence of ticks, a policy', () => {
  it(`keeps its invariants (${SEQUENCES} sequences)`, { timeout: 24 * 3_600_000 }, () => {
    const check = (given: Sequence) => {
      const memory = walk(given, (observation, before, settings) => {
        const { desired, reason, memory: after, needed, calculation } = decide(observation, before, settings);
        const { min, max } = observation;
        const context = () => JSON.stringify({ observation, desired, reason });

        // Within the limits, and with the reason of the direction.
        if (!(desired >= min && desired <= max)) throw new Error(`beyond its limits: ${context()}`);
        const isOut = reason === 'scale-out' || reason === 'bulk-deadline';
        const direction = isOut ? 1 : reason === 'scale-in' ? -1 : 0;
        if (Math.sign(desired - observation.desired) !== direction) throw new Error(`misnamed: ${context()}`);

        for (const number of numbers({ desired, needed, calculation })) {
          if (!(Number.isFinite(number) && number >= 0)) throw new Error(`${number}: ${context()}`);
        }

        // Nothing to add to its own answer.
        const again = decide({ ...observation, desired }, after, settings);
        if (again.desired !== desired) throw new Error(`decides again, ${again.desired}: ${context()}`);

        // Bulk photos never leave interactive ones with fewer instances.
        if (observation.bulk) {
          const { bulk: _, ...interactive } = observation;
          const { desired: alone } = decide(interactive, before, settings);
          if (desired < alone) throw new Error(`${alone} without bulk photos: ${context()}`);
        }

        // More photos waiting never need fewer instances, apart from rounding of large numbers.
        const more = { ...observation, visible: observation.visible + 1 + (observation.inFlight % 50) };
        const {
          desired: larger,
          unfulfilled,
          memory: learned,
          calculation: of,
        } = decide(more, before, settings);
        // Counts that contradict each other hold the fleet; with a few photos more they agree, and a shortage lowers it.
        const isHeld = settings.kind !== 'threshold' && needed === undefined;
        if (isHeld && unfulfilled) return;
        // So do they, and an empty queue, with instances that are idle beside the few photos, where an instance takes several
        // or its photos are so short that their busy seconds show it: a zero is held, since SQS may report one by mistake.
        const seconds = observation.at - (before.slo?.flow?.at ?? observation.at);
        const isShort = seconds >= 10 * (of?.serviceSeconds ?? Infinity);
        const isSeveral = isShort || heldOf(learned.slo?.flow, 0) > 1;
        if (isSeveral && (isHeld || observation.visible + observation.inFlight === 0)) return;
        if (larger < desired * (1 - 1e-7))
          throw new Error(`${more.visible} waiting need only ${larger}: ${context()}`);
      });
      // The memory has only finite numbers, and is stored and read without a change,
      for (const number of numbers(memory)) {
        if (!Number.isFinite(number)) throw new Error(`stores ${number}`);
      }
      const item: unknown = JSON.parse(JSON.stringify(toItem({ policy: memory, recent: [] })));
      const back = fromItem(item, (why) => {
        throw new Error(why);
      });
      // apart from numbers next to 0, which DynamoDB refuses.
      const kept: unknown = JSON.parse(JSON.stringify(memory), (_key, value: unknown) =>
        typeof value === 'number' && Math.abs(value) < 1e-100 ? 0 : value,
      );
      expect(back.policy).toEqual(kept);
    };
    fc.assert(fc.property(sequence, check), options);
  });

  it('stores no more after a thousand ticks than after a hundred', () => {
    const sizes: number[] = [];
    let memory: PolicyMemory = {};
    let desired = 0;
    for (let k = 0; k < 1000; k++) {
      // Bursts and pauses, so that launches and levels keep changing.
      const visible = (k * 7919) % 97 > 60 ? (k * 31) % 400 : 0;
      const inService = Math.max(0, desired - (k % 5));
      const observation = seen({
        at: 30 * k,
        visible,
        inFlight: Math.min(visible, inService),
        desired,
        inService,
        pending: desired - inService,
        reported: { completed: 3 * k, busySeconds: 18 * k },
      });
      ({ memory, desired } = decide(observation, memory, slo));
      sizes.push(JSON.stringify(toItem({ policy: memory, recent: [] })).length);
    }
    expect(Math.max(...sizes.slice(500))).toBeLessThan(1.4 * Math.max(...sizes.slice(0, 100)));
  });
});
