/** Replaces `bin/stages.ts` in the package, since an app that uses the constructs has its own stages. */
import type { StageConfig } from '../../lib/stage/stage.ts';

export const stages: Record<string, StageConfig> = {};
