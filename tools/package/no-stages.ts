/** In place of `bin/stages.ts`, whose values are those of a checkout: an app that uses the constructs has its own. */
import type { StageConfig } from '../../lib/stage/stage.ts';

export const stages: Record<string, StageConfig> = {};
