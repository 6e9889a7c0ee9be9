/** What pause and resume print. */
import { isStale, type ScalerMemory } from '../shared/scaler-memory.ts';
import type { StackName } from '../shared/deployment.ts';
import { isoOf, span } from '../shared/format.ts';
import { controlJson, controlText, activeControls } from '../shared/controls.ts';

export function changedLines({ stage }: StackName, memory: ScalerMemory, now: number): string[] {
  const controls = memory.controls ? activeControls(memory.controls, now) : [];
  return [
    ...(memory.controls
      ? [
          controls.length > 0
            ? `Stage ${stage}, controls in effect:`
            : `Stage ${stage}: no control is in effect.`,
        ]
      : []),
    ...controls.map((control) => `  ${controlText(control, now)}`),
    ...memory.problems,
    appliesText(memory, now),
  ];
}

function appliesText({ recent, tickSeconds }: ScalerMemory, now: number): string {
  const last = recent.at(-1);
  const within = `The scaler applies it at its next tick, within ${span(tickSeconds ?? 60)}`;
  if (!last) return `${within}, once it runs; it has not decided anything yet.`;
  const age = now - last.at;
  if (!isStale(age, tickSeconds)) return `${within}.`;
  return `THE SCALER HAS STOPPED: its latest decision is ${span(age)} old. docs/runbook.md#no-tick`;
}

export const changedJson = (
  command: 'pause' | 'resume',
  { stage, stack, region }: StackName,
  memory: ScalerMemory,
  now: number,
) => ({
  command,
  ...{ stage, stack, region, at: isoOf(now) },
  controls: memory.controls ? activeControls(memory.controls, now).map(controlJson) : null,
  tickSeconds: memory.tickSeconds ?? null,
  problems: memory.problems,
});
