/** `npx ddcolor-elastic image`: the images of the instances, from their build to their end. */
import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { EC2Client } from '@aws-sdk/client-ec2';
import { SSMClient } from '@aws-sdk/client-ssm';
import { command, type CommandContext } from '../../common/command.ts';
import { UserError } from '../../common/errors.ts';
import { Group } from './aws/group.ts';
import { Images } from './aws/images.ts';
import { Instances } from './aws/instances.ts';
import { Parameters } from './aws/parameters.ts';
import { bake, bakeEnvironment, type BakeEnvironment } from './bake.ts';
import { list } from './list.ts';
import { HELP, parseOptions, UsageError, type ReleaseOptions } from './options.ts';

export { HELP };
import { promote } from './promote.ts';
import { rollback } from './rollback.ts';
import { askOnTerminal, EXIT, type ImageSession } from './session.ts';

const TIMING = { deadlineMs: 15 * 60_000, pollMs: 5000 };
/** A wait of minutes should not end at a call that failed a few times. */
const MAX_ATTEMPTS = 6;

/** Errors of AWS that say nothing to whoever has not met them before. */
const HINTS: [name: RegExp, hint: string][] = [
  [
    /^(CredentialsProviderError|ExpiredToken|RequestExpired|AuthFailure|InvalidClientTokenId|UnrecognizedClient)/,
    'sign in to AWS first (aws configure, or aws sso login).',
  ],
  [
    /^(AccessDenied|UnauthorizedOperation)/,
    'your AWS identity lacks a permission: see the action in the message.',
  ],
  [/^(ENOTFOUND|ECONNREFUSED|TimeoutError)/, 'AWS was not reached: the network, or --region.'],
];

type Config = ConstructorParameters<typeof EC2Client>[0] & object;

/** @param config of the clients. @default what the SDK finds by itself */
export async function newSession(
  options: ReleaseOptions,
  context: CommandContext,
  config: Config = {},
): Promise<ImageSession> {
  const clients = { maxAttempts: MAX_ATTEMPTS, ...config, ...(options.region && { region: options.region }) };
  const ec2 = new EC2Client(clients);
  const region = await ec2.config.region().catch(() => {
    throw new UserError('Which region? Add --region, or set AWS_REGION.');
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
    ask: process.stdin.isTTY && process.stdout.isTTY ? askOnTerminal : undefined,
  };
}

/** @returns the exit code */
export async function release(
  session: ImageSession,
  world: BakeEnvironment = bakeEnvironment(),
): Promise<number> {
  const commands = { bake: () => bake(session, world), promote, rollback, list };
  try {
    return await commands[session.options.command](session);
  } catch (error) {
    const { name, code, message } = error as Error & { code?: string };
    const hint = HINTS.find(([pattern]) => pattern.test(name) || pattern.test(code ?? ''))?.[1];
    if (hint === undefined || error instanceof UserError) throw error;
    throw new UserError(`${name}: ${message}\nWhat to do: ${hint}`, { cause: error });
  }
}

export async function main(args: string[]): Promise<number> {
  if (args[0] === 'check') {
    const { check } = await import('../../ami/check/check.ts');
    return check(args.slice(1));
  }
  try {
    const options = parseOptions(args);
    if (options !== 'help') {
      return await command('npx ddcolor-elastic image', async (context) =>
        release(await newSession(options, context)),
      );
    }
    console.log(HELP);
    return EXIT.done;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(error.message);
    return EXIT.usage;
  }
}
