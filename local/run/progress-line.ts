/** The progress line of `npm start`. */
import type { RunState } from '../page/state.ts';

export function progressLine(state: RunState): string {
  const row = state.timeline.at(-1);
  const parts = [`${Math.round((state.now - state.startedAt) / 1000)} s`.padStart(5), state.phase.padEnd(10)];
  if (row) {
    parts.push(
      `waiting ${row.visible}`,
      `in flight ${row.inFlight}`,
      `fleet ${row.inService} of ${row.desired} in service`,
    );
  }
  const { coloured, failed, submitted } = state.photos;
  if (submitted > 0) parts.push(`coloured ${coloured}, failed ${failed} of ${submitted}`);
  return parts.join('  ');
}
