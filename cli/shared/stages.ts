/** The stages of bin/stages.ts; the npm package has none. */
import { InvalidArgumentError } from 'commander';
import { stages } from '../../bin/stages.ts';
import { checkout, needCheckout } from '../../common/checkout.ts';
import { stageName } from '../../common/command-line.ts';
import { UsageError } from '../../common/errors.ts';
import { resolveStage, type Stage, type StageConfig } from '../../lib/stage/stage.ts';

const known: Record<string, StageConfig> = stages;
const NAMES = Object.keys(known).join(', ');

/** @returns undefined for a stage that this checkout does not have */
export const stageOf = (name: string): Stage | undefined =>
  Object.hasOwn(known, name) ? resolveStage(name, known[name] ?? {}) : undefined;

/** @throws UsageError */
export function stageHere(command: string, name: string): Stage {
  needCheckout(command, 'bin/stages.ts');
  const stage = stageOf(name);
  if (stage) return stage;
  throw new UsageError(`--stage '${name}': bin/stages.ts has ${NAMES}.`);
}

/** Parses an option that names a stage of this checkout; in the npm package, any stage. */
export function knownStage(text: string): string {
  if (checkout === undefined || Object.hasOwn(known, text)) return stageName(text);
  throw new InvalidArgumentError(`bin/stages.ts has ${NAMES}.`);
}
