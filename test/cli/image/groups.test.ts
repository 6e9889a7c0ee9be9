/** The groups of a stage, as `image promote` and `image rollback` see them: what each needs for a new image. */
import { describe, expect, it } from 'vitest';
import { Group } from '../../../cli/image/aws/group.ts';
import { launchGroups, putInService } from '../../../cli/image/promote.ts';
import type { ImageSession } from '../../../cli/image/session.ts';
import { stub } from '../../lambda/scaler/support/stub-client.ts';

const OLD = 'ami-00000001';
const described = (AutoScalingGroupName: string, LaunchTemplateId: string, DesiredCapacity: number) => ({
  ...{ AutoScalingGroupName, DesiredCapacity, VPCZoneIdentifier: 'subnet-1' },
  MixedInstancesPolicy: {
    LaunchTemplate: {
      LaunchTemplateSpecification: { LaunchTemplateId, Version: '2' },
      Overrides: [{ InstanceType: 'g4dn.xlarge' }],
    },
  },
});
const SPOT = described('ddcolor-elastic-dev', 'lt-spot', 3);
const ON_DEMAND = described('ddcolor-elastic-dev-on-demand', 'lt-on-demand', 1);

/** @param answers of Auto Scaling, in order @param fixed image by launch template */
function session(answers: unknown[], fixed: Record<string, string> = {}) {
  const { client, sent } = stub<never>(...answers);
  const said: string[] = [];
  const one = {
    options: { stage: 'dev' },
    group: new Group(client),
    instances: { fixedImage: ({ templateId }: { templateId: string }) => Promise.resolve(fixed[templateId]) },
    parameters: { setCurrent: () => Promise.resolve() },
    progress: { print: (line: string) => said.push(line) },
    scope: { defer: () => Promise.resolve() },
  };
  return { session: one as unknown as ImageSession, sent, said };
}

describe('a stage', () => {
  it('of one group has that', async () => {
    const { session: one } = session([{ AutoScalingGroups: [SPOT] }, { InstanceRefreshes: [] }]);
    expect((await launchGroups(one)).map(({ fleet }) => fleet.groupName)).toEqual(['ddcolor-elastic-dev']);
  });

  it('of two groups has both, Spot first, each with its own refresh and image', async () => {
    const running = { InstanceRefreshes: [{ InstanceRefreshId: 'r-1', Status: 'InProgress' }] };
    const answers = [{ AutoScalingGroups: [ON_DEMAND, SPOT] }, { InstanceRefreshes: [] }, running];
    const { session: one } = session(answers, { 'lt-on-demand': OLD });
    expect(await launchGroups(one)).toMatchObject([
      { fleet: { groupName: 'ddcolor-elastic-dev', desired: 3 }, refresh: undefined, fixedImage: undefined },
      { fleet: { groupName: 'ddcolor-elastic-dev-on-demand', desired: 1 }, refresh: 'r-1', fixedImage: OLD },
    ]);
  });

  it('that is not deployed is refused', async () => {
    const { session: one } = session([{ AutoScalingGroups: [ON_DEMAND] }]);
    await expect(launchGroups(one)).rejects.toThrow('there is no group ddcolor-elastic-dev in this account');
  });
});

describe('a new image', () => {
  const groupsOf = (fixed: Record<string, string>) =>
    launchGroups(session([{ AutoScalingGroups: [SPOT, ON_DEMAND] }], fixed).session);
  const refreshed = (sent: [string, unknown][]) =>
    sent.map(([, input]) => (input as { AutoScalingGroupName: string }).AutoScalingGroupName);

  it('replaces the instances of both groups', async () => {
    const { session: one, sent } = session([{ InstanceRefreshId: 'r-1' }, { InstanceRefreshId: 'r-2' }]);
    await putInService(one, 'ami-2', await groupsOf({}));
    expect(refreshed(sent)).toEqual(['ddcolor-elastic-dev', 'ddcolor-elastic-dev-on-demand']);
  });

  it('waits for a deploy in a group whose launch template names its image', async () => {
    const { session: one, sent, said } = session([{ InstanceRefreshId: 'r-1' }]);
    await putInService(one, 'ami-2', await groupsOf({ 'lt-on-demand': OLD }));
    expect(refreshed(sent)).toEqual(['ddcolor-elastic-dev']);
    expect(said.at(-1)).toContain('Next: npm run deploy -- --stage dev, since ddcolor-elastic-dev-on-demand');
  });

  it('is put into the second group where the first refuses', async () => {
    const { session: one, sent } = session([new Error('Throttling'), { InstanceRefreshId: 'r-2' }]);
    await expect(putInService(one, 'ami-2', await groupsOf({}))).rejects.toThrow('Throttling');
    expect(refreshed(sent)).toEqual(['ddcolor-elastic-dev', 'ddcolor-elastic-dev-on-demand']);
  });
});
