/** The CDK app of a stage's firewall, separate since it is in us-east-1: docs/doors.md#a-firewall. */
import { App, Tags, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { firewallStackName } from '../contract/names.ts';
import { FirewallStack } from '../lib/firewall-stack.ts';
import { resolveStage, type StageConfig } from '../lib/stage/stage.ts';
import { stages } from './stages.ts';

const app = new App();
const name = String(app.node.tryGetContext('stage') ?? '');
const known: Record<string, StageConfig> = stages;
const config = known[name];

if (!config) {
  console.error(`unknown stage '${name}': pass -c stage=NAME, of ${Object.keys(known).join(', ')}.`);
  process.exitCode = 1;
} else {
  try {
    new FirewallStack(app, firewallStackName(name), { stage: resolveStage(name, config) });
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    Tags.of(app).add('project', 'ddcolor-elastic');
    Tags.of(app).add('stage', name);
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
  }
}
