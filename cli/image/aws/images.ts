/**
 * The service's images on EC2, found by their tag.
 *
 * EC2 keeps a snapshot that another image uses as well.
 */
import {
  DeregisterImageCommand,
  paginateDescribeImages,
  type EC2Client,
  type Image as Ec2Image,
} from '@aws-sdk/client-ec2';
import { IMAGE_TAGS, SERVICE } from '../../../contract/names.ts';
import type { Image } from '../images.ts';

export class Images {
  constructor(private readonly ec2: EC2Client) {}

  async all(): Promise<Image[]> {
    const images: Image[] = [];
    const pages = paginateDescribeImages(
      { client: this.ec2 },
      { Owners: ['self'], Filters: [{ Name: `tag:${IMAGE_TAGS.service}`, Values: [SERVICE] }] },
    );
    for await (const { Images: page = [] } of pages) images.push(...page.map(image));
    return images;
  }

  /** Deregisters it and deletes its snapshots. */
  async remove(id: string): Promise<void> {
    await this.ec2.send(new DeregisterImageCommand({ ImageId: id, DeleteAssociatedSnapshots: true }));
  }
}

function image({
  ImageId = '',
  CreationDate = '',
  State = 'pending',
  Tags = [],
  DeprecationTime,
}: Ec2Image): Image {
  const tag = (name: string) => Tags.find(({ Key }) => Key === name)?.Value;
  return {
    id: ImageId,
    createdAt: CreationDate,
    state: State,
    revision: tag(IMAGE_TAGS.revision),
    comfyui: tag(IMAGE_TAGS.comfyui),
    ddcolor: tag(IMAGE_TAGS.ddcolor),
    weights: tag(IMAGE_TAGS.weights),
    deprecatedAt: DeprecationTime,
  };
}
