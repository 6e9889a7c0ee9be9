/** The launch template of the fleet: image, role, disk and network of an instance. */
import { Size, Tags } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { ROOT_VOLUME_GIB, ROOT_VOLUME_IOPS, ROOT_VOLUME_MEBIBYTES_PER_SECOND } from '../contract/image.ts';
import { instanceLogGroupName, LOG_GROUP_TAG, STAGE_TAG } from '../contract/logs.ts';
import {
  amiParameterName,
  SETTINGS_TAG,
  SETTINGS_VERSION_TAG,
  workerParameterName,
} from '../contract/names.ts';

const ROOT_DEVICE = '/dev/sda1';

export interface WorkerLaunchTemplateProps {
  readonly stageName: string;
  readonly role: iam.IRole;
  readonly securityGroup: ec2.ISecurityGroup;
  readonly associatePublicIpAddress: boolean;
  /** @default - that of the stage's images */
  readonly amiParameterName?: string;
  /** Whether the template names the image itself: a group with a warm pool may not name a parameter. */
  readonly fixedImage: boolean;
  /** Of the worker's settings. */
  readonly settingsVersion: string;
  /** MiB/s; 0: blocks are loaded at their first read. */
  readonly volumeInitializationRate: number;
}

export class WorkerLaunchTemplate extends ec2.LaunchTemplate {
  constructor(scope: Construct, id: string, props: WorkerLaunchTemplateProps) {
    const { stageName, role, securityGroup, associatePublicIpAddress, volumeInitializationRate } = props;
    const parameter = props.amiParameterName ?? amiParameterName(stageName);
    super(scope, id, {
      // Resolved at each launch, a new image needs an instance refresh and no deploy.
      machineImage: props.fixedImage
        ? ec2.MachineImage.fromSsmParameter(parameter)
        : ec2.MachineImage.resolveSsmParameterAtLaunch(parameter),
      role,
      securityGroup,
      associatePublicIpAddress,
      requireImdsv2: true,
      httpPutResponseHopLimit: 1,
      // The worker reads the name of its settings from a tag.
      instanceMetadataTags: true,
      blockDevices: [
        {
          deviceName: ROOT_DEVICE,
          volume: ec2.BlockDeviceVolume.ebs(ROOT_VOLUME_GIB, {
            encrypted: true,
            volumeType: ec2.EbsDeviceVolumeType.GP3,
            iops: ROOT_VOLUME_IOPS,
            throughput: ROOT_VOLUME_MEBIBYTES_PER_SECOND,
            deleteOnTermination: true,
            volumeInitializationRate:
              volumeInitializationRate === 0 ? undefined : Size.mebibytes(volumeInitializationRate),
          }),
        },
      ],
    });
    Tags.of(this).add(SETTINGS_TAG, workerParameterName(stageName));
    Tags.of(this).add(SETTINGS_VERSION_TAG, props.settingsVersion);
    Tags.of(this).add(LOG_GROUP_TAG, instanceLogGroupName(stageName));
    Tags.of(this).add(STAGE_TAG, stageName);
  }
}
