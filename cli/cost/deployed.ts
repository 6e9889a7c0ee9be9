/** The size of the image that a deployed stage starts, as its bake has recorded it. */
import { DescribeImagesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { GetParameterCommand, ParameterNotFound, SSMClient } from '@aws-sdk/client-ssm';
import { amiParameterName, IMAGE_SIZE_TAG } from '../../contract/names.ts';
import { UserError } from '../../common/errors.ts';
import { awsCall } from '../shared/aws-errors.ts';
import type { ClientConfig } from '../shared/deployment.ts';
import type { ImageSize } from './cost-of.ts';

/** @throws UserError for a stage without an image, or an image without a recorded size; ApiError */
export async function deployedImage(
  config: ClientConfig,
  stage: string,
  signal: AbortSignal,
): Promise<ImageSize> {
  const Name = amiParameterName(stage);
  const options = { abortSignal: signal };
  const found = await awsCall(`parameter ${Name}`, 'ssm:GetParameter on it', signal, () =>
    new SSMClient(config).send(new GetParameterCommand({ Name }), options).catch((error: unknown) => {
      if (error instanceof ParameterNotFound) return undefined;
      throw error;
    }),
  );
  const id = found?.Parameter?.Value;
  if (id === undefined) {
    throw new UserError(
      `--deployed: stage '${stage}' has no image in ${config.region} (parameter ${Name}): npx ddcolor-elastic image bake --stage ${stage} makes one.`,
    );
  }
  const { Images = [] } = await awsCall(`image ${id}`, 'ec2:DescribeImages', signal, () =>
    new EC2Client(config).send(new DescribeImagesCommand({ ImageIds: [id] }), options),
  );
  const gib = Number(Images[0]?.Tags?.find(({ Key }) => Key === IMAGE_SIZE_TAG)?.Value);
  if (gib > 0) return { id, gib };
  throw new UserError(
    `--deployed: ${id} has no tag ${IMAGE_SIZE_TAG} with its size; a bake of this version records it.`,
  );
}
