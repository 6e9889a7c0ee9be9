/** The CDK app of the pipeline's roles, separate so that no deploy of a stage changes them: `npx ddcolor-elastic deploy-role`. */
import { App, BOOTSTRAP_QUALIFIER_CONTEXT, Tags, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { DeployRoleStack, type DeployRoleProps } from '../lib/deploy-role.ts';
import type { StageConfig } from '../lib/stage/stage.ts';
import { stages } from './stages.ts';

const app = new App();
const given = (name: string) => app.node.tryGetContext(name) as string | undefined;
const stage = given('stage') ?? '';
const known: Record<string, StageConfig> = stages;

try {
  new DeployRoleStack(app, `DDColorElasticDeployRole-${stage}`, {
    stage,
    repository: given('repository') ?? '',
    provider: given('provider') as DeployRoleProps['provider'],
    encryption: known[stage]?.encryption,
    qualifier: given('qualifier') ?? given(BOOTSTRAP_QUALIFIER_CONTEXT),
  });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  Tags.of(app).add('project', 'ddcolor-elastic');
  Tags.of(app).add('stage', stage);
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
