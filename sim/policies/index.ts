/** Every scaling policy that can be simulated, by name. */
import { UsageError } from '../../common/errors.ts';
import { parseNumber, type World } from '../world.ts';
import type { Controller } from '../engine/types.ts';
import { buildkite } from './buildkite.ts';
import { forecast, slo, threshold } from './deployed.ts';
import { ecs } from './ecs.ts';
import { fixed } from './fixed.ts';
import { keda } from './keda.ts';
import type { Parameter, PolicyKind } from './kind.ts';
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
  /** As given on the command line. */
  name: string;
  kind: PolicyKind;
  /** A value for each parameter. */
  settings: Record<string, number>;
  make: () => Controller;
}

const defaultOf = (one: Parameter, world: World) =>
  typeof one.default === 'function' ? one.default(world) : one.default;

/**
 * @param name of a policy, or `fixed:N`
 * @param set parameters that differ from their defaults, as texts
 * @throws UsageError with the unknown name and the known ones
 */
export function policyOf(name: string, set: Iterable<[string, string]>, world: World): Policy {
  const [base = '', size] = name.split(':', 2);
  const kind = POLICIES.find((one) => one.name === base);
  if (!kind || (size !== undefined && kind !== fixed)) {
    const known = POLICIES.map((one) => (one === fixed ? 'fixed:N' : one.name));
    throw new UsageError(`--policy is '${name}': expected one of ${known.join(', ')}`);
  }
  const given = new Map(set);
  if (size !== undefined) given.set('instances', size);
  for (const key of given.keys()) {
    if (Object.hasOwn(kind.parameters, key)) continue;
    throw new UsageError(
      `--set does not know '${key}' of ${base}: expected one of ${Object.keys(kind.parameters).join(', ')}`,
    );
  }
  const settings = Object.fromEntries(
    Object.entries(kind.parameters).map(([key, one]) => {
      const text = given.get(key);
      const value =
        text === undefined ? defaultOf(one, world) : parseNumber(key, text, one.min, one.max, one.whole);
      return [key, value];
    }),
  );
  return { name, kind, settings, make: () => kind.make(settings, world) };
}

/** Every combination of candidate values; parameters without candidates have their defaults. */
export function candidateSettings(kind: PolicyKind, world: World): Record<string, number>[] {
  let all: Record<string, number>[] = [{}];
  for (const [key, one] of Object.entries(kind.parameters)) {
    const candidates = one.isTried?.(world) === false ? [] : (one.candidates ?? []);
    const values = [...new Set([defaultOf(one, world), ...candidates])];
    all = all.flatMap((settings) => values.map((value) => ({ ...settings, [key]: value })));
  }
  return all;
}

/** @param settings a value for each parameter */
export function policyOfKind(kind: PolicyKind, settings: Record<string, number>, world: World): Policy {
  const name = kind === fixed ? `fixed:${settings.instances}` : kind.name;
  return { name, kind, settings, make: () => kind.make(settings, world) };
}
