/** A stage's app like that of bin/app.ts, checked by cdk-nag. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import { BUNDLING_STACKS } from 'aws-cdk-lib/cx-api';
import { AwsSolutionsChecks } from 'cdk-nag';
import { stages, type StageName } from '../../bin/stages.ts';
import { ColouringStack } from '../../lib/colouring-stack.ts';
import { resolveStage, type StageConfig } from '../../lib/stage/stage.ts';
import { newApp } from './template.ts';

export interface Checked {
  app: App;
  stack: ColouringStack;
  /** @throws Error naming each finding that is not acknowledged */
  synth: () => void;
}

const inApp = (app: App, name: StageName, more: StageConfig): Checked => {
  const stage = resolveStage(name, { ...stages[name], ...more });
  const stack = new ColouringStack(app, `Test-${name}`, { stage });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return { app, stack, synth: () => void app.synth() };
};

export const checked = (name: StageName, more: StageConfig = {}): Checked => inApp(newApp(), name, more);

/** With the CDK's own rules too, as `npm run synth` has it. */
export function checkedByAll(name: StageName, more: StageConfig = {}): Checked {
  const file = join(import.meta.dirname, '..', '..', 'cdk.json');
  const { context } = JSON.parse(readFileSync(file, 'utf8')) as { context: object };
  process.env.CDK_VALIDATION = 'true';
  return inApp(new App({ context: { ...context, [BUNDLING_STACKS]: [] } }), name, more);
}
