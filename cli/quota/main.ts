/** `ddcolor-elastic quota`: whether the account's GPU quotas allow a stage's maximum. */
import type { CommandLine } from '../../common/command-line.ts';
import { EXIT } from '../../common/errors.ts';
import { deploymentOf } from '../shared/deployment.ts';
import { printJson, printLines } from '../../common/terminal.ts';
import { interruptible } from '../shared/interruptible.ts';
import { stageHere } from '../shared/stages.ts';
import { targetOf, withTarget, type TargetOptions } from '../shared/target.ts';
import { checkQuotas, checkRate, largestVcpus } from './need.ts';
import { isEnough, quotaJson, quotaLines, type QuotaReport } from './text.ts';
import { checkZones } from './zones.ts';

export const define = (command: CommandLine): CommandLine =>
  withTarget(command, ['stage', 'region', 'json'])
    .description(
      "Compares the account's GPU quotas, on demand and Spot, with a stage's maximum by its values in bin/stages.ts, and prints the command that asks AWS for more. Quotas count vCPUs and are shared by everything in the account and region. Also the zones that offer the stage's instance types, and the rate at which its volumes load the image.",
    )
    .notes(
      `Example: ddcolor-elastic quota --stage prod --region eu-central-1

Exit codes: 0 the quotas are enough; 1 they are not, or could not be read; 2 wrong command line; 3 AWS could not be
reached.
IAM: servicequotas:GetServiceQuota, servicequotas:GetAWSDefaultServiceQuota, ec2:DescribeInstanceTypeOfferings.`,
    )
    .runs(quota);

async function quota(options: TargetOptions): Promise<number> {
  const stage = stageHere('quota', options.stage);
  return interruptible(async ({ signal }) => {
    // First what can fail without AWS.
    largestVcpus(stage);
    const { region, config } = await deploymentOf(targetOf(options));
    const { readOffers, readQuotas } = await import('./aws.ts');
    const report: QuotaReport = {
      checks: checkQuotas(stage, await readQuotas(config, signal)),
      rate: checkRate(stage),
      zones: checkZones(stage, await readOffers(config, stage.instanceTypes, signal)),
    };
    if (options.json) printJson(quotaJson(stage, region, report));
    else printLines(quotaLines(stage, region, report));
    return isEnough(report) ? EXIT.done : EXIT.failed;
  });
}
