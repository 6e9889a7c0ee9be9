/** The CDK app of the pipeline's roles, separate so that no deploy of a stage changes them: `npx ddcolor-elastic deploy-role`. */
import { BOOTSTRAP_QUALIFIER_CONTEXT } from 'aws-cdk-lib';
import { DeployRoleStack, type DeployRoleProps } from '../lib/deploy-role.ts';
import { configOf, stageApp } from './stage-app.ts';

stageApp(
  '',
  (app, stage, context) =>
    new DeployRoleStack(app, `DDColorElasticDeployRole-${stage}`, {
      stage,
      repository: context('repository') ?? '',
      provider: context('provider') as DeployRoleProps['provider'],
      encryption: configOf(stage).encryption,
      qualifier: context('qualifier') ?? context(BOOTSTRAP_QUALIFIER_CONTEXT),
    }),
);
