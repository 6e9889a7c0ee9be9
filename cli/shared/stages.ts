/** The stages of this checkout. */
import { stages } from '../../bin/stages.ts';
import { resolveStage, type Stage, type StageConfig } from '../../lib/config.ts';
import { UsageError } from '../../common/errors.ts';

const known: Record<string, StageConfig> = stages;

/** Undefined for a stage of another checkout. */
export const stageOf = (name: string): Stage | undefined =>
  Object.hasOwn(known, name) ? resolveStage(name, known[name] ?? {}) : undefined;

/** @throws UsageError */
export function stageHere(name: string): Stage {
  const stage = stageOf(name);
  if (stage) return stage;
  throw new UsageError(`--stage '${name}': bin/stages.ts has ${Object.keys(known).join(', ')}.`);
}
