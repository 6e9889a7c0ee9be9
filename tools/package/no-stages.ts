/** In place of `bin/stages.ts`, whose values are those of a checkout: an app that uses the constructs has its own. */
import type { StageConfig } from '../../lib/config.ts';

/** Its one name ends the sentences in which commands list the stages that there are. */
export const stages: Record<string, StageConfig> = { 'none, since this is the package and no checkout': {} };
