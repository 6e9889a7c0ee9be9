/** What the CDK apps of this folder share: an app with one stack, of one stage. */
import { App, Tags, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import type { StageConfig } from '../lib/stage/stage.ts';
import { stages } from './stages.ts';

/** @returns settings of a stage @throws Error for an unknown one */
export function configOf(name: string): StageConfig {
  const config = (stages as Record<string, StageConfig>)[name];
  if (config) return config;
  throw new Error(
    `unknown stage '${name}': bin/stages.ts has ${Object.keys(stages).join(', ')}; pass -c stage=NAME.`,
  );
}

/** @param context gives a value of the CDK's context, such as that of `-c stage=NAME` */
type MakeStack = (app: App, stage: string, context: (name: string) => string | undefined) => unknown;

/** @param defaultStage without `-c stage=NAME` */
export function stageApp(defaultStage: string, makeStack: MakeStack): void {
  const app = new App();
  const context = (name: string) => app.node.tryGetContext(name) as string | undefined;
  const stage = context('stage') ?? defaultStage;
  try {
    makeStack(app, stage, context);
    // A finding fails the synth, unless it is acknowledged at its resource with a reason.
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    Tags.of(app).add('project', 'ddcolor-elastic');
    Tags.of(app).add('stage', stage);
  } catch (error) {
    // A wrong stage: the message names each setting, and a stack would hide it.
    console.error((error as Error).message);
    process.exitCode = 1;
  }
}
