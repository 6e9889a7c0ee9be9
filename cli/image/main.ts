/** `ddcolor-elastic image`: builds, promotes, rolls back, lists and checks the images of the instances. */
import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { EC2Client } from '@aws-sdk/client-ec2';
import { SSMClient } from '@aws-sdk/client-ssm';
import { Option } from 'commander';
import { needCheckout } from '../../common/checkout.ts';
import { command as runCommand, type CommandContext } from '../../common/command.ts';
import { matching, region, type CommandLine } from '../../common/command-line.ts';
import { UsageError, UserError } from '../../common/errors.ts';
import { askOnTerminal, isTerminal } from '../shared/ask.ts';
import { requestHandler } from '../shared/proxy.ts';
import { knownStage } from '../shared/stages.ts';
import { Group } from './aws/group.ts';
import { Images } from './aws/images.ts';
import { Instances } from './aws/instances.ts';
import { Parameters } from './aws/parameters.ts';
import { bake } from './bake.ts';
import { list } from './list.ts';
import { promote } from './promote.ts';
import { rollback } from './rollback.ts';
import type { ImageOptions, ImageSession } from './session.ts';

const TIMING = { deadlineMs: 15 * 60_000, pollMs: 5000 };
/** A wait of minutes should not end at a call that failed a few times. */
const MAX_ATTEMPTS = 6;
/** Milliseconds. */
const TIMEOUTS = { connectionTimeout: 10_000, socketTimeout: 60_000 };

/** What to do about errors of AWS whose own message does not say. */
const HINTS: [name: RegExp, hint: string][] = [
  [
    /^(CredentialsProviderError|ExpiredToken|RequestExpired|AuthFailure|InvalidClientTokenId|UnrecognizedClient)/,
    'sign in to AWS first (aws configure, or aws sso login).',
  ],
  [
    /^(AccessDenied|UnauthorizedOperation)/,
    'your AWS identity lacks a permission: see the action in the message.',
  ],
  [/^(ENOTFOUND|ECONNREFUSED|TimeoutError)/, 'AWS was not reached: check the network and --region.'],
];

const EXIT_CODES = `Exit codes: 0; 1 it failed or was refused; 2 wrong command line; 130 interrupted.`;

type Action = (session: ImageSession) => Promise<number>;

export function define(command: CommandLine): void {
  command.description(
    'Builds the image of the instances with Packer and brings it into service. A bake makes a candidate; promote tests it on one instance first.',
  );
  const add = (name: string, description: string) =>
    command
      .command(name)
      .description(description)
      .addOption(
        new Option('--stage <name>', 'a stage of bin/stages.ts').argParser(knownStage).makeOptionMandatory(),
      )
      .addOption(
        new Option('--region <region>', 'default: that of your AWS configuration').argParser(region),
      );
  const addChange = (name: string, description: string) =>
    add(name, description)
      .option('--dry-run', 'show what would be done and stop')
      .option('-y, --yes', 'do not ask');

  addChange(
    'bake',
    "Builds an image with Packer and makes it the stage's candidate; the first image of a stage is in service at once.",
  )
    .notes(`Example: ddcolor-elastic image bake --stage dev\n\n${EXIT_CODES}`)
    .runs((options: ImageOptions) => {
      needCheckout('image bake', 'ami/ and worker/');
      return runAction('bake', options, bake);
    });
  addChange(
    'promote',
    'Launches one instance of the candidate; when it colours the known picture as expected, puts the image in service.',
  )
    .notes(
      `Example: ddcolor-elastic image promote --stage dev\n\n${EXIT_CODES.replace('; 130', '; 3 the candidate failed its test; 130')}`,
    )
    .runs((options: ImageOptions) => runAction('promote', options, promote));
  addChange('rollback', 'Puts the image before the current one in service again.')
    .addOption(
      new Option('--to <ami>', 'this image instead').argParser(
        matching(/^ami-[0-9a-f]{8,17}$/, 'the id of an image, such as ami-0123456789abcdef0'),
      ),
    )
    .notes(`Example: ddcolor-elastic image rollback --stage prod --dry-run\n\n${EXIT_CODES}`)
    .runs((options: ImageOptions) => runAction('rollback', options, rollback));
  add('list', 'Lists the images, what is in them, and which stages use them.')
    .option('--json', 'as JSON')
    .notes(`Example: ddcolor-elastic image list --stage dev\n\n${EXIT_CODES}`)
    .runs((options: ImageOptions) => runAction('list', options, list));
  command
    .command('check')
    .description('Checks the scripts and templates that an image is built from, without an account.')
    .argument('[folder]', 'that has ami/ (default: this checkout)')
    .notes('Example: ddcolor-elastic image check\n\nExit codes: 0; 1 a check failed; 2 wrong command line.')
    .runs(async (folder: string | undefined) => {
      const root = needCheckout('image check', 'ami/');
      const { check } = await import('../../ami/check/check.ts');
      return check([folder ?? root]);
    });
}

const runAction = (name: string, options: ImageOptions, action: Action): Promise<number> =>
  runCommand(`ddcolor-elastic image ${name}`, async (context) =>
    explained(action, await newSession(options, context)),
  );

type Config = ConstructorParameters<typeof EC2Client>[0] & object;

/** @param config of the clients. @default what the SDK finds by itself */
export async function newSession(
  options: ImageOptions,
  context: CommandContext,
  config: Config = {},
): Promise<ImageSession> {
  const handler = await requestHandler(process.env, TIMEOUTS);
  const own = { maxAttempts: MAX_ATTEMPTS, requestHandler: handler };
  const clients = { ...own, ...config, ...(options.region && { region: options.region }) };
  const ec2 = new EC2Client(clients);
  const region = await ec2.config.region().catch(() => {
    throw new UsageError('Which region? Add --region, or set AWS_REGION.');
  });
  return {
    ...context,
    options,
    region,
    parameters: new Parameters(new SSMClient(clients)),
    images: new Images(ec2),
    instances: new Instances(ec2),
    group: new Group(new AutoScalingClient(clients)),
    timing: TIMING,
    clock: () => performance.now(),
    ask: isTerminal() ? askOnTerminal : undefined,
  };
}

/** Runs an action; errors of AWS that need a hint get one. */
export async function explained(action: Action, session: ImageSession): Promise<number> {
  try {
    return await action(session);
  } catch (error) {
    const { name, code, message } = error as Error & { code?: string };
    const hint = HINTS.find(([pattern]) => pattern.test(name) || pattern.test(code ?? ''))?.[1];
    if (hint === undefined || error instanceof UserError) throw error;
    throw new UserError(`${name}: ${message}\nWhat to do: ${hint}`, { cause: error });
  }
}
