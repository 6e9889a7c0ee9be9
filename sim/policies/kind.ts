/** What a scaling rule says of itself: its knobs, and how to make one of it. */
import type { PolicySettings } from '../../lambda/scaler/policy.ts';
import type { World } from '../world.ts';
import type { Controller } from '../engine/types.ts';

export interface Knob {
  unit: string;
  /** Its value where none is given; some follow the world that they are set for. */
  default: number | ((world: World) => number);
  min: number;
  max: number;
  whole?: true;
  meaning: string;
  /** Values that tuning tries. @default the default alone */
  tries?: number[];
}

export interface PolicyKind {
  name: string;
  meaning: string;
  /** Where the rule and its defaults are published, and which way was taken where that leaves a choice. */
  source: string;
  knobs: Record<string, Knob>;
  /** @param set a value for each knob */
  make(set: Record<string, number>, world: World): Controller;
  /** The same as settings of a stage. @default the rule cannot be deployed */
  stage?(set: Record<string, number>): PolicySettings;
}

export const clamp = (value: number, { min, max }: { min: number; max: number }): number =>
  Math.min(max, Math.max(min, value));
