/** Controls in words. */
import { controlsAt, type ControlName, type Controls } from '../../../lambda/scaler/policy-controls.ts';
import { count, isoOf, span, utc } from '../words.ts';

export interface HeldControl {
  name: ControlName;
  /** Epoch seconds; null until it is taken back. */
  until: number | null;
  /** Of a floor or ceiling. */
  instances?: number;
}

/** Those that hold at a time. */
export const heldAt = (controls: Controls, now: number): HeldControl[] =>
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
  dryRun: () => 'dry run: the scaler decides, and sets nothing',
};

export function controlWords({ name, until, instances }: HeldControl, now: number): string {
  const ends =
    until === null ? 'until it is taken back' : `until ${utc(until)}, for another ${span(until - now)}`;
  return `${MEANING[name](instances ?? 0)}, ${ends}`;
}

export const controlJson = ({ until, ...rest }: HeldControl) => ({
  ...rest,
  until: until === null ? null : isoOf(until),
});
