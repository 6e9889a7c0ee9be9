/** `ddcolor-elastic deploy-role`: makes the roles under which a pipeline on GitHub deploys a stage. */
import { spawn } from 'node:child_process';
import { Option } from 'commander';
import { cdkCli } from '../../common/cdk.ts';
import { needCheckout } from '../../common/checkout.ts';
import type { CommandLine } from '../../common/command-line.ts';
import { EXIT, UserError } from '../../common/errors.ts';
import { knownStage } from '../shared/stages.ts';

const APP = 'node --import tsx bin/deploy-role.ts';
/** Not `cdk.out`, which holds a stage. */
const OUTPUT = '.local/cdk.out-deploy-role';

export interface DeployRoleOptions {
  repository: string;
  stage: string;
  existingProvider?: boolean;
  qualifier?: string;
  dryRun?: boolean;
  yes?: boolean;
}

export const define = (command: CommandLine): CommandLine =>
  command
    .description(
      "Makes two roles that only GitHub's environment <stage> of that repository can assume: one deploys the stage through the roles of the CDK's bootstrap, one runs the smoke test. Run it once per stage, with your own AWS credentials (AWS_PROFILE, AWS_REGION), in the account and region of the stage. The CDK shows what is granted and asks.",
    )
    .requiredOption(
      '--repository <owner/name>',
      'repositories made or renamed since 15 July 2026 need owner@ID/name@ID (see below)',
    )
    .addOption(
      new Option('--stage <name>', 'a stage of bin/stages.ts').argParser(knownStage).makeOptionMandatory(),
    )
    .option(
      '--existing-provider',
      'the account already has an OIDC provider for GitHub; it can have only one',
    )
    .option('--qualifier <text>', "of the CDK's bootstrap, when it has its own")
    .option('--dry-run', 'show the template and do nothing')
    .option('--yes', 'do not ask')
    .notes(
      `The ids of a repository:
  gh api repos/OWNER/NAME --jq '"\\(.owner.login)@\\(.owner.id)/\\(.name)@\\(.id)"'

Example: ddcolor-elastic deploy-role --repository octo/colours --stage dev --dry-run`,
    )
    .runs(async (options: DeployRoleOptions) => {
      const root = needCheckout('deploy-role', 'bin/ and lib/');
      // Checked here: the CDK's CLI would add its own lines to the reason.
      const { resolveDeployRole } = await import('../../lib/deploy-role.ts');
      const { repository, stage, qualifier } = options;
      try {
        resolveDeployRole({ repository, stage, qualifier, provider: providerOf(options) });
      } catch (error) {
        throw new UserError((error as Error).message, { cause: error });
      }
      return cdk(cdkArguments(options), root);
    });

const providerOf = ({ existingProvider }: DeployRoleOptions) => (existingProvider ? 'existing' : 'new');

/** Arguments of the CDK's CLI. */
export function cdkArguments(options: DeployRoleOptions): string[] {
  const { repository, stage, qualifier, dryRun, yes } = options;
  const context = { repository, stage, provider: providerOf(options), ...(qualifier && { qualifier }) };
  return [
    dryRun ? 'synth' : 'deploy',
    ...['--app', APP, '--output', OUTPUT],
    ...Object.entries(context).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ...(yes && !dryRun ? ['--require-approval', 'never'] : []),
  ];
}

function cdk(args: string[], cwd: string): Promise<number> {
  const child = spawn(process.execPath, [cdkCli(), ...args], { cwd, stdio: 'inherit' });
  // Ctrl-C reaches the CLI by the terminal; only a signal to this process alone must be passed on.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  return new Promise((resolve) => child.once('exit', (code) => resolve(code ?? EXIT.failed)));
}
