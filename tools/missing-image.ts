/** Whether a stage has an image: a deploy without one succeeds, and then no instance ever comes up. */
import { GetParameterCommand, ParameterNotFound, SSMClient } from '@aws-sdk/client-ssm';
import { amiParameterName } from '../contract/names.ts';

const ANSWER_WITHIN_MS = 10_000;

/** What to do first; undefined when nothing is, or when it cannot be known here, which the CDK will say better. */
export async function missingImage(
  stage: string,
  ssm: SSMClient = new SSMClient(),
): Promise<string | undefined> {
  const Name = amiParameterName(stage);
  try {
    await ssm.send(new GetParameterCommand({ Name }), { abortSignal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
  } catch (error) {
    if (error instanceof ParameterNotFound)
      return `stage '${stage}' has no image (parameter ${Name}): 'npx ddcolor-elastic image bake --stage ${stage}' makes the first.`;
  }
  return undefined;
}
