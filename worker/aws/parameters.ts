/** The parameters that a worker reads and writes in SSM Parameter Store. */
import { GetParameterCommand, PutParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';
import type { CandidateVerdict } from '../../contract/candidate-verdict.ts';
import { verdictParameterName } from '../../contract/names.ts';

/** @throws when the parameter does not exist or may not be read */
export async function readParameter(ssm: SSMClient, name: string): Promise<string> {
  const { Parameter } = await ssm.send(new GetParameterCommand({ Name: name }));
  if (Parameter?.Value === undefined) throw new Error(`parameter '${name}' has no value`);
  return Parameter.Value;
}

export async function putVerdict(
  ssm: SSMClient,
  stage: string,
  instanceId: string,
  verdict: CandidateVerdict,
): Promise<void> {
  await ssm.send(
    new PutParameterCommand({
      Name: verdictParameterName(stage, instanceId),
      Value: JSON.stringify(verdict),
      Type: 'String',
      // A restarted worker checks its image again.
      Overwrite: true,
    }),
  );
}
