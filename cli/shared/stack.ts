/** Reads the outputs of a stage's CloudFormation stack. */
import {
  CloudFormationClient,
  DescribeStacksCommand,
  type CloudFormationClientConfig,
} from '@aws-sdk/client-cloudformation';
import { UserError } from '../../common/errors.ts';
import { regionKnown, awsCall } from './aws-errors.ts';

/** By output name. */
export type Outputs = Partial<Record<string, string>>;

/**
 * @param option that named the stack, for messages: "--stage 'dev'"
 * @throws UserError, also when there is no such stack; ApiError
 */
export async function readOutputs(
  config: CloudFormationClientConfig,
  StackName: string,
  option: string,
  signal: AbortSignal,
): Promise<Outputs> {
  const client = new CloudFormationClient(config);
  await regionKnown(client.config.region);
  const { Stacks = [] } = await awsCall(
    `stack ${StackName}`,
    'cloudformation:DescribeStacks on the stack',
    signal,
    () => client.send(new DescribeStacksCommand({ StackName }), { abortSignal: signal }),
  ).catch((error: Error) => {
    if (error.name !== 'ValidationError') throw error;
    throw new UserError(`${option}: there is no stack ${StackName} in this account and region.`);
  });
  const outputs = Stacks[0]?.Outputs ?? [];
  return Object.fromEntries(outputs.map(({ OutputKey = '', OutputValue }) => [OutputKey, OutputValue]));
}
