/** `ddcolor-elastic quota`: whether the account may have as many GPUs as a stage's maximum. */
import { EXIT } from '../../common/errors.ts';
import { operate, printJson, printLines } from '../shared/interruptible.ts';
import { COMMON_HELP, parseCommand, wrongIn } from '../shared/target.ts';
import { deploymentOf } from '../shared/deployment.ts';
import { stageHere } from '../shared/stages.ts';
import { checkQuotas, largestVcpus } from './need.ts';
import { quotaJson, quotaLines } from './text.ts';

export const HELP = `ddcolor-elastic quota [options]
  Whether the account's GPU quotas, on demand and Spot, are enough for a stage's maximum, by its values in
  bin/stages.ts; and the command that asks AWS for more. Quotas count vCPUs, and all that runs in the account and
  region shares them.

${COMMON_HELP.split('\n')
  .filter((line) => !/--(local|stack) /.test(line))
  .join('\n')}

Ends with 0 when they are enough, 1 when they are not or could not be read, 2 when the command line is wrong, 3 when
AWS could not be reached.
IAM: servicequotas:GetServiceQuota, servicequotas:GetAWSDefaultServiceQuota.`;

export async function main(args: string[]): Promise<number> {
  const parsed = parseCommand({ command: 'quota', options: {} }, args);
  if (parsed === 'help') {
    console.log(HELP);
    return EXIT.done;
  }
  const { target, json } = parsed;
  if (target.local) throw wrongIn('quota')('--local: this machine has no quota');
  const stage = stageHere(target.stage);
  return operate(async (signal) => {
    // What can be said without AWS first.
    largestVcpus(stage);
    const place = await deploymentOf(target);
    const { readQuotas } = await import('./aws.ts');
    const checks = checkQuotas(stage, await readQuotas(place.config, signal));
    if (json) printJson(quotaJson(stage, place.region, checks));
    else printLines(quotaLines(stage, place.region, checks));
    return checks.every(({ enough }) => enough) ? EXIT.done : EXIT.failed;
  });
}
