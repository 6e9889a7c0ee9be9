/** The verdict on an image, in the Parameter Store. */
import { PutParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { verdictParameterName } from '../../contract/names.ts';
import type { CandidateVerdict } from '../../contract/candidate-verdict.ts';

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
      // A worker that was started anew judges anew.
      Overwrite: true,
    }),
  );
}
