/** A CDK app like bin/app.ts, with the stage `local` changed by the JSON in `STAGE_CHANGE`. */
import { App, Tags, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { stages } from '../../../bin/stages.ts';
import { ColouringStack } from '../../../lib/colouring-stack.ts';
import { resolveStage, type StageConfig } from '../../../lib/stage/stage.ts';

const change = JSON.parse(process.env.STAGE_CHANGE ?? '{}') as StageConfig;
const app = new App();
new ColouringStack(app, 'DDColorElastic-local', {
  stage: resolveStage('local', { ...stages.local, ...change }),
});
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
Tags.of(app).add('project', 'ddcolor-elastic');
Tags.of(app).add('stage', 'local');
