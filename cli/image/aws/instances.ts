/**
 * Candidate instances on EC2, launched from the fleet's launch template outside of its group.
 *
 * Gotchas:
 * - A template with a network interface takes no separate subnet: the interface is given again, with its subnet.
 * - Tags of the template are given again too, whether EC2 adds or replaces them: without the tag that names its settings a
 *   worker does not start.
 * - The next call may not know an instance that was just launched.
 */
import {
  DescribeLaunchTemplateVersionsCommand,
  EC2ServiceException,
  paginateDescribeInstances,
  RunInstancesCommand,
  TerminateInstancesCommand,
  type EC2Client,
  type ResponseLaunchTemplateData,
  type RunInstancesCommandInput,
  type Tag,
} from '@aws-sdk/client-ec2';
import { CANDIDATE_TAG, SERVICE, SETTINGS_TAG, workerParameterName } from '../../../contract/names.ts';
import { UserError } from '../../../common/errors.ts';
import { launchOptions, type Fleet } from '../promotion-plan.ts';

/** Errors that another instance type or subnet may not have. */
const TRY_NEXT = ['InsufficientInstanceCapacity', 'InsufficientFreeAddressesInSubnet', 'Unsupported'];
const UNKNOWN = 'InvalidInstanceID.NotFound';

export class Instances {
  constructor(private readonly ec2: EC2Client) {}

  /** @returns the image that the launch template names itself, as with a warm pool; undefined when it names a parameter */
  async fixedImage(fleet: Fleet): Promise<string | undefined> {
    const { ImageId } = await this.template(fleet);
    return ImageId?.startsWith('ami-') ? ImageId : undefined;
  }

  /** Launches one on demand, in the first subnet and type with capacity. @returns its id */
  async launch(stage: string, imageId: string, fleet: Fleet): Promise<string> {
    const { templateId: LaunchTemplateId, templateVersion: Version } = fleet;
    const template = await this.template(fleet);
    const errors: string[] = [];
    for (const { instanceType, subnet } of launchOptions(fleet)) {
      const input: RunInstancesCommandInput = {
        LaunchTemplate: { LaunchTemplateId, Version },
        ImageId: imageId,
        InstanceType: instanceType as RunInstancesCommandInput['InstanceType'],
        MinCount: 1,
        MaxCount: 1,
        InstanceInitiatedShutdownBehavior: 'terminate',
        ...network(template, subnet),
        TagSpecifications: tags(template, stage),
      };
      try {
        const { Instances: [instance] = [] } = await this.ec2.send(new RunInstancesCommand(input));
        if (instance?.InstanceId) return instance.InstanceId;
        errors.push(`${instanceType} in ${subnet}: no instance`);
      } catch (error) {
        if (!(error instanceof EC2ServiceException)) throw error;
        errors.push(`${instanceType} in ${subnet}: ${error.name}: ${error.message}`);
        if (!TRY_NEXT.includes(error.name)) break;
      }
    }
    throw new UserError(
      `The candidate could not be launched (out of quota? see Deploy in the README):\n  ${errors.join('\n  ')}`,
    );
  }

  async look(instanceId: string): Promise<{ state: string; reason?: string | undefined }> {
    const [found] = await this.find({ InstanceIds: [instanceId] }).catch((error: unknown) => {
      if (error instanceof EC2ServiceException && error.name === UNKNOWN) return [];
      throw error;
    });
    return { state: found?.State?.Name ?? 'pending', reason: found?.StateReason?.Message };
  }

  /** Ids of a stage's candidate instances that still run. */
  async leftOver(stage: string): Promise<string[]> {
    const found = await this.find({
      Filters: [
        { Name: 'tag-key', Values: [CANDIDATE_TAG] },
        { Name: `tag:${SETTINGS_TAG}`, Values: [workerParameterName(stage)] },
        { Name: 'instance-state-name', Values: ['pending', 'running', 'stopping', 'stopped'] },
      ],
    });
    return found.map(({ InstanceId = '' }) => InstanceId);
  }

  async terminate(instanceId: string): Promise<void> {
    try {
      await this.ec2.send(new TerminateInstancesCommand({ InstanceIds: [instanceId] }));
    } catch (error) {
      if (error instanceof EC2ServiceException && error.name === UNKNOWN) return;
      throw new UserError(
        `${instanceId} COSTS MONEY and could not be terminated: ${(error as Error).message}. ` +
          `Terminate it: aws ec2 terminate-instances --instance-ids ${instanceId}`,
        { cause: error },
      );
    }
  }

  private async template({ templateId, templateVersion }: Fleet): Promise<ResponseLaunchTemplateData> {
    const { LaunchTemplateVersions } = await this.ec2.send(
      new DescribeLaunchTemplateVersionsCommand({
        LaunchTemplateId: templateId,
        Versions: [templateVersion],
      }),
    );
    return LaunchTemplateVersions?.[0]?.LaunchTemplateData ?? {};
  }

  private async find(input: Parameters<typeof paginateDescribeInstances>[1]) {
    const found = [];
    for await (const { Reservations = [] } of paginateDescribeInstances({ client: this.ec2 }, input)) {
      found.push(...Reservations.flatMap(({ Instances = [] }) => Instances));
    }
    return found;
  }
}

function network({ NetworkInterfaces = [] }: ResponseLaunchTemplateData, subnet: string) {
  const [first] = NetworkInterfaces;
  if (!first) return { SubnetId: subnet };
  const { AssociatePublicIpAddress, Groups } = first;
  return { NetworkInterfaces: [{ DeviceIndex: 0, AssociatePublicIpAddress, Groups, SubnetId: subnet }] };
}

function tags({ TagSpecifications = [] }: ResponseLaunchTemplateData, stage: string) {
  const own: Tag[] = [
    { Key: CANDIDATE_TAG, Value: 'true' },
    { Key: 'Name', Value: `${SERVICE} candidate of ${stage}` },
  ];
  const given = (type: string) =>
    TagSpecifications.find(({ ResourceType }) => ResourceType === type)?.Tags ?? [];
  const others = given('instance').filter(({ Key }) => !own.some((one) => one.Key === Key));
  const volume = given('volume');
  return [
    { ResourceType: 'instance' as const, Tags: [...others, ...own] },
    ...(volume.length > 0 ? [{ ResourceType: 'volume' as const, Tags: volume }] : []),
  ];
}
