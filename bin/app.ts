/** The CDK app: one stack, of the stage `-c stage=NAME` (default dev). */
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
  try {
    // No account or region: one template fits all, and synth needs no credentials.
    // `-c workflow=NAME` tries a workflow without an edit of the stage.
    const workflow = app.node.tryGetContext('workflow') as string | undefined;
    const stage = resolveStage(name, workflow === undefined ? config : { ...config, workflow });
    new ColouringStack(app, stackName(name), { stage });
    // A finding fails the synth, unless it is acknowledged at its resource with a reason.
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    Tags.of(app).add('project', 'ddcolor-elastic');
    Tags.of(app).add('stage', name);
  } catch (error) {
    // A wrong stage: the message names each setting, and a stack would hide it.
    console.error((error as Error).message);
    process.exitCode = 1;
  }
}
