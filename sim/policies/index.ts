/** Every rule that can be simulated, by name. */
import { InputError, numberIn, type World } from '../world.ts';
import type { Controller } from '../engine/types.ts';
import { buildkite } from './buildkite.ts';
import { forecast, slo, threshold } from './deployed.ts';
import { ecs } from './ecs.ts';
import { fixed } from './fixed.ts';
import { keda } from './keda.ts';
import type { PolicyKind } from './kind.ts';
import { predictive } from './predictive.ts';
import { step } from './step.ts';
import { targetTracking, targetTrackingHr, targetTrackingUtilisation } from './target-tracking.ts';

export const POLICIES: readonly PolicyKind[] = [
  slo,
  forecast,
  threshold,
  targetTracking,
  targetTrackingHr,
  targetTrackingUtilisation,
  step,
  keda,
  buildkite,
  ecs,
  predictive,
  fixed,
];

export interface Policy {
  /** As it was asked for. */
  name: string;
  kind: PolicyKind;
  /** A value for each knob. */
  settings: Record<string, number>;
  make: () => Controller;
}

/**
 * @param name of a rule, or `fixed:N`
 * @param set knobs that differ from their defaults, as texts
 * @throws InputError naming what is unknown and what there is
 */
export function policyOf(name: string, set: Iterable<[string, string]>, world: World): Policy {
  const [base = '', size] = name.split(':', 2);
  const kind = POLICIES.find((one) => one.name === base);
  if (!kind || (size !== undefined && kind !== fixed)) {
    const known = POLICIES.map((one) => (one === fixed ? 'fixed:N' : one.name));
    throw new InputError(`--policy is '${name}': expected one of ${known.join(', ')}`);
  }
  const given = new Map(set);
  if (size !== undefined) given.set('instances', size);
  for (const key of given.keys()) {
    if (Object.hasOwn(kind.knobs, key)) continue;
    throw new InputError(
      `--set does not know '${key}' of ${base}: expected one of ${Object.keys(kind.knobs).join(', ')}`,
    );
  }
  const settings = Object.fromEntries(
    Object.entries(kind.knobs).map(([key, knob]) => {
      const text = given.get(key);
      if (text !== undefined) return [key, numberIn(key, text, knob.min, knob.max, knob.whole)];
      return [key, typeof knob.default === 'function' ? knob.default(world) : knob.default];
    }),
  );
  return { name, kind, settings, make: () => kind.make(settings, world) };
}

/** Every combination of the values that tuning tries, with defaults for the knobs that it leaves alone. */
export function triedSettings(kind: PolicyKind, world: World): Record<string, number>[] {
  let all: Record<string, number>[] = [{}];
  for (const [key, knob] of Object.entries(kind.knobs)) {
    const usual = typeof knob.default === 'function' ? knob.default(world) : knob.default;
    const values = [...new Set(knob.tries?.length ? [usual, ...knob.tries] : [usual])];
    all = all.flatMap((one) => values.map((value) => ({ ...one, [key]: value })));
  }
  return all;
}

/** A rule with a value for each knob. */
export function policyWith(kind: PolicyKind, settings: Record<string, number>, world: World): Policy {
  const name = kind === fixed ? `fixed:${settings.instances}` : kind.name;
  return { name, kind, settings, make: () => kind.make(settings, world) };
}
