/**
 * The service's images on EC2, found by their tag.
 *
 * EC2 keeps a snapshot that another image uses as well.
 */
import {
  CreateTagsCommand,
  DeregisterImageCommand,
  DescribeImagesCommand,
  DescribeSnapshotsCommand,
  paginateDescribeImages,
  type EC2Client,
  type Image as Ec2Image,
} from '@aws-sdk/client-ec2';
import { IMAGE_SIZE_TAG, IMAGE_TAGS, SERVICE } from '../../../contract/names.ts';
import type { Image } from '../images.ts';

const GIB = 2 ** 30;

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

  /**
   * Measures an image and records the result in a tag.
   *
   * @returns GiB of its snapshot; undefined when EC2 does not report them
   */
  async recordSize(id: string): Promise<number | undefined> {
    const { Images: [found] = [] } = await this.ec2.send(new DescribeImagesCommand({ ImageIds: [id] }));
    const SnapshotIds = (found?.BlockDeviceMappings ?? []).flatMap(({ Ebs }) => Ebs?.SnapshotId ?? []);
    if (SnapshotIds.length === 0) return undefined;
    const { Snapshots = [] } = await this.ec2.send(new DescribeSnapshotsCommand({ SnapshotIds }));
    // All blocks, as EBS counts them for volume initialization: VolumeSize would count empty ones, too.
    const bytes = Snapshots.reduce(
      (sum, { FullSnapshotSizeInBytes = NaN }) => sum + FullSnapshotSizeInBytes,
      0,
    );
    if (!(bytes > 0)) return undefined;
    const gib = Math.ceil(bytes / GIB);
    await this.ec2.send(
      new CreateTagsCommand({ Resources: [id], Tags: [{ Key: IMAGE_SIZE_TAG, Value: String(gib) }] }),
    );
    return gib;
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
    sizeGib: sizeOf(tag(IMAGE_SIZE_TAG)),
    deprecatedAt: DeprecationTime,
  };
}

/** @returns GiB; undefined for an image without the tag, or with another value than a bake writes */
const sizeOf = (value: string | undefined): number | undefined =>
  value !== undefined && /^[1-9]\d{0,4}$/.test(value) ? Number(value) : undefined;
