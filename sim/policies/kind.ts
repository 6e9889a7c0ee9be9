/** What a simulated scaling policy consists of: its parameters, their source, and its controller. */
import type { PolicySettings } from '../../contract/policy.ts';
import type { Controller } from '../engine/types.ts';
import type { World } from '../world.ts';

export interface Parameter {
  unit: string;
  /** Some defaults depend on the world. */
  default: number | ((world: World) => number);
  min: number;
  max: number;
  whole?: true;
  description: string;
  /** Values that tuning tries in addition to the default. @default tuning leaves it at its default */
  candidates?: number[];
  /** Whether tuning tries them in a world. @default in each */
  isTried?: (world: World) => boolean;
}

export interface PolicyKind<Name extends string = string> {
  name: string;
  description: string;
  /** Where policy and defaults are published, and what was chosen where that leaves a choice. */
  source: string;
  parameters: Record<Name, Parameter>;
  /** @param set a value for each parameter */
  make(set: Record<Name, number>, world: World): Controller;
  /** The parameters as settings of a stage. @default the policy cannot be deployed */
  stageSettings?(set: Record<Name, number>): PolicySettings;
}

/** Lets `make` name its parameters, which the list of all policies does not know. */
export const definePolicy = <Name extends string>(kind: PolicyKind<Name>): PolicyKind => kind;

type Limits = Partial<Pick<Parameter, 'min' | 'max' | 'whole' | 'candidates' | 'isTried'>>;

export const parameter = (
  unit: string,
  value: Parameter['default'],
  description: string,
  limits: Limits = {},
): Parameter => ({ unit, default: value, min: 0, max: 100_000, description, ...limits });

/** A duration of at most a day. */
export const seconds = (value: Parameter['default'], description: string, limits: Limits = {}): Parameter =>
  parameter('s', value, description, { max: 86_400, ...limits });

export const clamp = (value: number, { min, max }: { min: number; max: number }): number =>
  Math.min(max, Math.max(min, value));
