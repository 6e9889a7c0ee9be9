/** Entry of the CDK: picks the stage (`-c stage=NAME`, default dev) and makes its one stack. */
import { App, Tags, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { stackName } from '../contract/names.ts';
import { ColouringStack } from '../lib/colouring-stack.ts';
import { resolveStage, type StageConfig } from '../lib/stage/stage.ts';
import { stages } from './stages.ts';

const app = new App();
const name = String(app.node.tryGetContext('stage') ?? 'dev');
const known: Record<string, StageConfig> = stages;
const config = known[name];

if (!config) {
  console.error(`unknown stage '${name}': bin/stages.ts has ${Object.keys(known).join(', ')}.`);
  process.exitCode = 1;
} else {
  // No account or region: the same template fits any, and synth needs none.
  // For trials: the workflow of a stage without an edit (`-c workflow=NAME`).
  const workflow = app.node.tryGetContext('workflow') as string | undefined;
  const stage = resolveStage(name, workflow === undefined ? config : { ...config, workflow });
  new ColouringStack(app, stackName(name), { stage });
  // Findings end the synth; those that are meant are acknowledged beside their resource, with the reason.
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  Tags.of(app).add('project', 'ddcolor-elastic');
  Tags.of(app).add('stage', name);
}
