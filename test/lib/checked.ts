/** A stage's app as bin/app.ts makes it, with cdk-nag as its gate. */
import { App, Validations } from 'aws-cdk-lib';
import { BUNDLING_STACKS } from 'aws-cdk-lib/cx-api';
import { AwsSolutionsChecks } from 'cdk-nag';
import { stages, type StageName } from '../../bin/stages.ts';
import { ColouringStack } from '../../lib/colouring-stack.ts';
import { resolveStage, type StageConfig } from '../../lib/stage/stage.ts';

export interface Checked {
  app: App;
  stack: ColouringStack;
  /** @throws Error naming each finding that nobody acknowledged */
  synth: () => void;
}

export function checked(name: StageName, more: StageConfig = {}): Checked {
  const app = new App({ context: { [BUNDLING_STACKS]: [] } });
  const stage = resolveStage(name, { ...stages[name], ...more });
  const stack = new ColouringStack(app, `Test-${name}`, { stage });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return { app, stack, synth: () => void app.synth() };
}
