/** The scaler's controls as text and JSON. */
import { controlsAt, type ControlName, type Controls } from '../../lambda/scaler/policy/controls.ts';
import { count, isoOf, span, utc } from './format.ts';

export interface ActiveControl {
  name: ControlName;
  /** Epoch seconds; null until it is removed. */
  until: number | null;
  /** Of a floor or ceiling. */
  instances?: number;
}

/** @param now epoch seconds */
export const activeControls = (controls: Controls, now: number): ActiveControl[] =>
  (Object.entries(controlsAt(controls, now)) as [ControlName, { until?: number; instances?: number }][]).map(
    ([name, { until, instances }]) => ({
      name,
      until: until ?? null,
      ...(instances === undefined ? {} : { instances }),
    }),
  );

const MEANING: Record<ControlName, (instances: number) => string> = {
  pauseScaleOut: () => 'scale-out is paused: the fleet does not grow',
  pauseScaleIn: () => 'scale-in is paused: the fleet does not shrink',
  floor: (instances) => `floor: at least ${count(instances, 'instance')}`,
  ceiling: (instances) => `ceiling: at most ${count(instances, 'instance')}`,
  dryRun: () => 'dry run: the scaler decides and changes nothing',
};

export function controlText({ name, until, instances }: ActiveControl, now: number): string {
  const ends =
    until === null ? 'until it is removed' : `until ${utc(until)}, for another ${span(until - now)}`;
  return `${MEANING[name](instances ?? 0)}, ${ends}`;
}

export const controlJson = ({ until, ...rest }: ActiveControl) => ({
  ...rest,
  until: until === null ? null : isoOf(until),
});
