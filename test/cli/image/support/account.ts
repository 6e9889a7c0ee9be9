/** An account on the local AWS with a deployed stage, its images, and instances that write verdicts as the worker does. */
import {
  AutoScalingClient,
  CreateAutoScalingGroupCommand,
  DescribeInstanceRefreshesCommand,
} from '@aws-sdk/client-auto-scaling';
import {
  CreateLaunchTemplateCommand,
  CreateSnapshotCommand,
  CreateVolumeCommand,
  DescribeInstancesCommand,
  DescribeSnapshotsCommand,
  EC2Client,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { GetParametersByPathCommand, SSMClient } from '@aws-sdk/client-ssm';
import { putVerdict } from '../../../../worker/aws/parameters.ts';
import { parse } from '../../../support/parse.ts';
import { checkCandidate } from '../../../../worker/instance/candidate.ts';
import { define, newSession } from '../../../../cli/image/main.ts';
import type { ImageOptions, ImageSession } from '../../../../cli/image/session.ts';
import { SETTINGS_TAG, workerParameterName } from '../../../../contract/names.ts';
import { clientConfig } from '../../../../common/environment.ts';
import { signedFetch } from '../../../support/signed-fetch.ts';
import { Progress } from '../../../../common/progress.ts';
import { Scope } from '../../../../common/scope.ts';
import { startLocalAws } from '../../../support/local-aws.ts';
import { Front } from './front.ts';

export const SUBNETS = ['subnet-aaa', 'subnet-bbb'];
export const TYPES = ['g4dn.xlarge', 'g5.xlarge'];

export interface Run {
  session: ImageSession;
  said: () => string;
  controller: AbortController;
}

export class Account {
  readonly ec2: EC2Client;
  readonly ssm: SSMClient;
  private readonly autoScaling: AutoScalingClient;
  private volume = '';

  private constructor(
    private readonly endpoint: string,
    readonly front: Front,
  ) {
    const config = clientConfig(endpoint);
    this.ec2 = new EC2Client(config);
    this.ssm = new SSMClient(config);
    this.autoScaling = new AutoScalingClient(config);
  }

  static async start(name: string, scope: Scope): Promise<Account> {
    const endpoint = await startLocalAws(name, scope);
    const front = await Front.start(endpoint, new EC2Client(clientConfig(endpoint)));
    await scope.defer(() => front.close());
    return new Account(endpoint, front);
  }

  /** Deletes everything, then creates the resources of the stages. */
  async reset(...stages: string[]): Promise<void> {
    await this.resetTo(stages);
  }

  /** @param fixedImage that the launch templates name instead of the parameter, as with a warm pool */
  async resetTo(stages: string[], fixedImage?: string): Promise<void> {
    await signedFetch(this.endpoint, { service: 'reset', path: '/_ministack/reset', method: 'POST' });
    this.front.reset();
    const { VolumeId } = await this.ec2.send(
      new CreateVolumeCommand({ AvailabilityZone: 'us-east-1a', Size: 1 }),
    );
    this.volume = VolumeId ?? '';
    for (const stage of stages) await this.deploy(stage, fixedImage);
  }

  private async deploy(stage: string, fixedImage?: string): Promise<void> {
    const { LaunchTemplate } = await this.ec2.send(
      new CreateLaunchTemplateCommand({
        LaunchTemplateName: stage,
        LaunchTemplateData: {
          ImageId: fixedImage ?? `resolve:ssm:/ddcolor-elastic/${stage}/ami/current`,
          NetworkInterfaces: [{ DeviceIndex: 0, AssociatePublicIpAddress: true, Groups: ['sg-fleet'] }],
          TagSpecifications: [
            {
              ResourceType: 'instance',
              Tags: [
                { Key: SETTINGS_TAG, Value: workerParameterName(stage) },
                { Key: 'Name', Value: 'of the fleet' },
              ],
            },
          ],
        },
      }),
    );
    const LaunchTemplateId = LaunchTemplate?.LaunchTemplateId;
    await this.autoScaling.send(
      new CreateAutoScalingGroupCommand({
        AutoScalingGroupName: `ddcolor-elastic-${stage}`,
        MinSize: 0,
        MaxSize: 4,
        DesiredCapacity: 2,
        VPCZoneIdentifier: SUBNETS.join(','),
        LaunchTemplate: { LaunchTemplateId, Version: '1' },
      }),
    );
    this.front.mixedInstances = {
      LaunchTemplate: {
        LaunchTemplateSpecification: { LaunchTemplateId, Version: '1' },
        Overrides: { member: TYPES.map((InstanceType) => ({ InstanceType })) },
      },
    };
  }

  /** @param minute of its creation */
  async image(
    id: string,
    minute: number,
    more: { state?: string; tags?: Record<string, string>; bytes?: number } = {},
  ): Promise<void> {
    const { SnapshotId = '' } = await this.ec2.send(new CreateSnapshotCommand({ VolumeId: this.volume }));
    const { state = 'available', tags = {}, bytes } = more;
    const createdAt = new Date(Date.UTC(2026, 10, 1, 0, minute)).toISOString();
    this.front.images.set(id, {
      id,
      createdAt,
      state,
      tags: { project: 'ddcolor-elastic', ...tags },
      snapshot: SnapshotId,
      ...(bytes === undefined ? {} : { bytes }),
    });
  }

  async snapshots(): Promise<(string | undefined)[]> {
    const { Snapshots = [] } = await this.ec2.send(new DescribeSnapshotsCommand({ OwnerIds: ['self'] }));
    return Snapshots.map(({ SnapshotId }) => SnapshotId);
  }

  /** Parses a command line into a session. */
  async enter(args: string, more: Partial<ImageSession> = {}): Promise<Run> {
    const { got, errors } = await parse('image', define, args);
    if (!got) throw new Error(errors);
    const [options] = got as [ImageOptions];
    const lines: string[] = [];
    const out = {
      isTTY: false,
      write: (text: string) => lines.push(text) > 0,
    } as unknown as NodeJS.WriteStream;
    const controller = new AbortController();
    const context = { abort: controller.signal, scope: new Scope(), progress: new Progress(out) };
    const session = await newSession(options, context, clientConfig(this.front.url));
    const timing = { deadlineMs: 30_000, pollMs: 10 };
    return {
      session: { ...session, timing, ask: undefined, ...more },
      said: () => lines.join(''),
      controller,
    };
  }

  /** Instances launched from now on write a verdict. @param check rejects with the reason of a failed one */
  judge(stage: string, check: () => Promise<unknown>, imageId?: string): void {
    this.front.onLaunch = (instanceId) => {
      void checkCandidate({
        check,
        canary: { cells: [] },
        imageId: async () => imageId,
        putVerdict: (verdict) => putVerdict(this.ssm, stage, instanceId, verdict),
        stop: new AbortController().signal,
        log: () => undefined,
        clock: () => performance.now(),
        retryPolicy: { retryMs: 1, limitMs: 0 },
      });
    };
  }

  /** Terminates an instance from outside. */
  async end(instanceId: string): Promise<void> {
    await this.ec2.send(new TerminateInstancesCommand({ InstanceIds: [instanceId] }));
  }

  /** All parameters by name, without the service's prefix. */
  async parameters(): Promise<Record<string, string>> {
    const { Parameters = [] } = await this.ssm.send(
      new GetParametersByPathCommand({ Path: '/ddcolor-elastic/', Recursive: true }),
    );
    return Object.fromEntries(
      Parameters.map(({ Name = '', Value = '' }) => [Name.replace('/ddcolor-elastic/', ''), Value]),
    );
  }

  /** State, image and tags of each instance. */
  async instances() {
    const { Reservations = [] } = await this.ec2.send(new DescribeInstancesCommand({}));
    return Reservations.flatMap(({ Instances = [] }) => Instances).map(({ State, ImageId, Tags = [] }) => ({
      state: State?.Name,
      imageId: ImageId,
      tags: Object.fromEntries(Tags.map(({ Key = '', Value = '' }) => [Key, Value])),
    }));
  }

  async refreshes(stage: string): Promise<number> {
    const { InstanceRefreshes = [] } = await this.autoScaling.send(
      new DescribeInstanceRefreshesCommand({ AutoScalingGroupName: `ddcolor-elastic-${stage}` }),
    );
    return InstanceRefreshes.length;
  }
}
