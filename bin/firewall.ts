/** The CDK app of a stage's firewall, separate since it is in us-east-1: docs/doors.md#a-firewall. */
import { firewallStackName } from '../contract/names.ts';
import { FirewallStack } from '../lib/firewall-stack.ts';
import { resolveStage } from '../lib/stage/stage.ts';
import { configOf, stageApp } from './stage-app.ts';

stageApp(
  '',
  (app, name) =>
    new FirewallStack(app, firewallStackName(name), { stage: resolveStage(name, configOf(name)) }),
);
