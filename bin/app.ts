/** The CDK app: one stack, of the stage `-c stage=NAME` (default dev). */
import { stackName } from '../contract/names.ts';
import { ColouringStack } from '../lib/colouring-stack.ts';
import { resolveStage } from '../lib/stage/stage.ts';
import { configOf, stageApp } from './stage-app.ts';

stageApp('dev', (app, name, context) => {
  // No account or region: one template fits all, and synth needs no credentials.
  // `-c workflow=NAME` tries a workflow without an edit of the stage.
  const workflow = context('workflow');
  const stage = resolveStage(name, { ...configOf(name), ...(workflow !== undefined && { workflow }) });
  return new ColouringStack(app, stackName(name), { stage });
});
