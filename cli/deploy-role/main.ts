/** `npx ddcolor-elastic deploy-role`: makes the roles under which a pipeline on GitHub deploys a stage. */
import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';
import { stages } from '../../bin/stages.ts';
import { cdkCli } from '../../common/cdk.ts';
import { needCheckout } from '../../common/checkout.ts';
import { UserError } from '../../common/errors.ts';

const APP = 'node --import tsx bin/deploy-role.ts';
/** Not `cdk.out`: what lies there is a stage, and may be looked at meanwhile. */
const OUTPUT = '.local/cdk.out-deploy-role';

export const HELP = `npx ddcolor-elastic deploy-role --repository OWNER/NAME --stage STAGE [options]

Makes two roles that only GitHub's environment STAGE of that repository can assume: one deploys the stage through the
roles of the CDK's bootstrap, one sends a smoke test's photo. Once per stage, with your own AWS credentials
(AWS_PROFILE, AWS_REGION), into the account and region of the stage. The CDK shows what is granted, and asks.

  --repository R        OWNER/NAME; of repositories made or renamed since 15 July 2026 OWNER@ID/NAME@ID, which this says:
                        gh api repos/OWNER/NAME --jq '"\\(.owner.login)@\\(.owner.id)/\\(.name)@\\(.id)"'
  --stage STAGE         ${Object.keys(stages).join(', ')}
  --existing-provider   the account has an OIDC provider for GitHub already: it can have only one
  --qualifier Q         of the CDK's bootstrap, when that has one of its own
  --dry-run             show the template, and do nothing
  --yes                 do not ask
  --help                this text`;

export interface DeployRoleOptions {
  repository: string;
  stage: string;
  provider: 'new' | 'existing';
  qualifier?: string;
  dryRun: boolean;
  yes: boolean;
}

/** @throws UserError with the value given and what is allowed */
export function parseOptions(args: string[]): DeployRoleOptions | 'help' {
  const values = parse(args);
  if (values.help) return 'help';
  const { repository, stage, qualifier } = values;
  const known = Object.keys(stages);
  if (repository === undefined) throw new UserError('--repository OWNER/NAME is missing (--help says more).');
  if (stage === undefined) throw new UserError(`--stage is missing: ${known.join(', ')}.`);
  if (!known.includes(stage))
    throw new UserError(`unknown stage '${stage}': bin/stages.ts has ${known.join(', ')}.`);
  return {
    repository,
    stage,
    qualifier,
    provider: values['existing-provider'] ? 'existing' : 'new',
    dryRun: values['dry-run'] ?? false,
    yes: values.yes ?? false,
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        repository: { type: 'string' },
        stage: { type: 'string' },
        'existing-provider': { type: 'boolean' },
        qualifier: { type: 'string' },
        'dry-run': { type: 'boolean' },
        yes: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    const [reason] = (error as Error).message.split('. ');
    throw new UserError(`${reason} (npx ddcolor-elastic deploy-role --help lists the options).`, {
      cause: error,
    });
  }
}

/** What the CDK's CLI is called with. */
export function cdkArguments({ repository, stage, provider, qualifier, dryRun, yes }: DeployRoleOptions) {
  const context = { repository, stage, provider, ...(qualifier === undefined ? {} : { qualifier }) };
  return [
    dryRun ? 'synth' : 'deploy',
    ...['--app', APP, '--output', OUTPUT],
    ...Object.entries(context).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ...(yes && !dryRun ? ['--require-approval', 'never'] : []),
  ];
}

export async function main(args: string[]): Promise<number> {
  try {
    const options = parseOptions(args);
    if (options === 'help') {
      console.log(HELP);
      return 0;
    }
    // Here rather than from within the CDK's CLI, which would add its own lines to the reason.
    const { resolveDeployRole } = await import('../../lib/deploy-role.ts');
    try {
      resolveDeployRole(options);
    } catch (error) {
      throw new UserError((error as Error).message, { cause: error });
    }
    return await cdk(cdkArguments(options), needCheckout('deploy-role', 'bin/'));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.error(error.message);
    return 1;
  }
}

function cdk(args: string[], cwd: string): Promise<number> {
  const child = spawn(process.execPath, [cdkCli(), ...args], { cwd, stdio: 'inherit' });
  // Ctrl-C reaches the CLI by the terminal; only a signal to this process alone must be passed on.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  return new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 1)));
}
