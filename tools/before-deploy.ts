/** What `npm run deploy` checks before the CDK starts, since CloudFormation would fail minutes later and roll back. */
import {
  CloudFormationClient,
  DescribeStacksCommand,
  UpdateTerminationProtectionCommand,
} from '@aws-sdk/client-cloudformation';
import { GetParameterCommand, ParameterNotFound, SSMClient } from '@aws-sdk/client-ssm';
import { amiParameterName, stackName } from '../contract/names.ts';

const ANSWER_WITHIN_MS = 10_000;
const options = () => ({ abortSignal: AbortSignal.timeout(ANSWER_WITHIN_MS) });

export interface Finding {
  /** Whether the deploy would fail. */
  stops: boolean;
  text: string;
}

/**
 * Whether a stage has an image: EC2 Auto Scaling reads the parameter when it makes the group, so that a first deploy without it
 * fails, and a later one has instances that never start.
 *
 * @returns undefined for a stage with an image; a note where the parameter cannot be read
 */
export async function checkImage(stage: string, ssm = new SSMClient()): Promise<Finding | undefined> {
  const Name = amiParameterName(stage);
  const bake = `'npx ddcolor-elastic image bake --stage ${stage}' creates the first one`;
  try {
    const { Parameter } = await ssm.send(new GetParameterCommand({ Name }), options());
    const value = Parameter?.Value ?? '';
    if (value.startsWith('ami-')) return undefined;
    return { stops: true, text: `stage '${stage}' has no image: parameter ${Name} is '${value}'; ${bake}.` };
  } catch (error) {
    if (error instanceof ParameterNotFound)
      return { stops: true, text: `stage '${stage}' has no image (parameter ${Name}): ${bake}.` };
    const { name, message } = error as Error;
    return {
      stops: false,
      text:
        `Whether stage '${stage}' has an image was not checked (${name}: ${message}). Without one the deploy fails. It needs ` +
        `ssm:GetParameter on ${Name}; a pipeline's role gets it by 'npx ddcolor-elastic deploy-role'.`,
    };
  }
}

/** A stack of such a status was never created: the CDK deletes it first, which termination protection prevents. */
const NEVER_CREATED = ['ROLLBACK_COMPLETE', 'ROLLBACK_FAILED', 'CREATE_FAILED'];

/**
 * Lifts the termination protection of a stack whose first deploy failed. There is nothing in it to protect, and the next deploy
 * protects it again.
 *
 * @returns what was done; undefined for another stack, or without the right to read it
 */
export async function freeFailedStack(
  stage: string,
  cloudFormation = new CloudFormationClient(),
): Promise<Finding | undefined> {
  const StackName = stackName(stage);
  const described = await cloudFormation
    .send(new DescribeStacksCommand({ StackName }), options())
    .catch(() => undefined);
  const { StackStatus = '', EnableTerminationProtection } = described?.Stacks?.[0] ?? {};
  if (!EnableTerminationProtection || !NEVER_CREATED.includes(StackStatus)) return undefined;
  const what = `${StackName} is in ${StackStatus}, since its first deploy failed, and its termination protection`;
  try {
    await cloudFormation.send(
      new UpdateTerminationProtectionCommand({ StackName, EnableTerminationProtection: false }),
      options(),
    );
    return { stops: false, text: `${what} was switched off, so that this deploy can replace it.` };
  } catch (error) {
    return {
      stops: true,
      text:
        `${what} is in the way (${(error as Error).message}): aws cloudformation update-termination-protection ` +
        `--no-enable-termination-protection --stack-name ${StackName}`,
    };
  }
}
