/** One value of the Parameter Store. */
import { GetParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';

/** @throws when there is no such parameter or it may not be read */
export async function readParameter(ssm: SSMClient, name: string): Promise<string> {
  const { Parameter } = await ssm.send(new GetParameterCommand({ Name: name }));
  if (Parameter?.Value === undefined) throw new Error(`parameter '${name}' has no value`);
  return Parameter.Value;
}
