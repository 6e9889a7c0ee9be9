/** The fleet, as Auto Scaling over the wire of the local fleet agent and in the simulator. */
import { AutoScalingClient, CreateAutoScalingGroupCommand } from '@aws-sdk/client-auto-scaling';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { clientConfig } from '../../../../common/environment.ts';
import { AutoScalingFleet } from '../../../../lambda/scaler/aws/fleet.ts';
import type { Fleet } from '../../../../lambda/scaler/ports.ts';
import { startFleetAgent, type FleetAgent } from '../../../../local/fleet/agent.ts';
import { simulatedFleet } from '../../../../sim/policies/ports.ts';
import { simulated } from '../support/simulated.ts';

interface LocalAws {
  config: ReturnType<typeof clientConfig>;
  endpoint: string;
}

/** @param local the local AWS of the file's tests */
export function fleetTests(local: () => LocalAws): void {
  describe('fleet', () => {
    let agent: FleetAgent;
    const autoScaling = (group: string) =>
      new AutoScalingFleet(new AutoScalingClient({ ...local().config, endpoint: agent.url }), group);
    beforeAll(async () => {
      await new AutoScalingClient(local().config).send(
        new CreateAutoScalingGroupCommand({
          AutoScalingGroupName: 'photos',
          MinSize: 0,
          MaxSize: 4,
          AvailabilityZones: ['us-east-1a'],
        }),
      );
      agent = await startFleetAgent({
        upstream: local().endpoint,
        launcher: { launch: () => Promise.resolve({ stop: () => Promise.resolve() }) },
        bootSeconds: 3600,
        resumeSeconds: 3600,
        seed: 1,
      });
    });
    afterAll(() => agent.close());

    it.each<[string, () => Fleet]>([
      ['Auto Scaling', () => autoScaling('photos')],
      ['the simulator', () => simulatedFleet(simulated({ arrivals: [], min: 0, max: 4 }))],
    ])('%s: reads the limits and what it has set, and is refused beyond them', async (_name, make) => {
      const fleet = make();
      expect(await fleet.read()).toMatchObject({
        desired: 0,
        min: 0,
        max: 4,
        inService: 0,
        pending: 0,
        draining: 0,
      });
      await fleet.setDesired(3);
      const view = { desired: 3, min: 0, max: 4, inService: 0, pending: 3, draining: 0 };
      expect(await fleet.read()).toMatchObject(view);
      await expect(fleet.setDesired(5)).rejects.toThrow(
        'New SetDesiredCapacity value 5 is above max value 4',
      );
      expect(await fleet.read()).toMatchObject(view);
    });

    it('Auto Scaling: lists launches since a time, and why one was refused', async () => {
      const message =
        'We currently do not have sufficient g4dn.xlarge capacity in the Availability Zone you requested (us-east-1b). Launching EC2 instance failed.';
      const fleet = autoScaling('photos');
      const before = Date.now() / 1000;
      expect(await fleet.launches(before)).toEqual([]);
      await agent.failLaunches('photos', message);
      await fleet.setDesired(4);
      await fleet.read();
      expect(await fleet.launches(before)).toMatchObject([
        {
          outcome: 'refused',
          failure: {
            code: 'InsufficientInstanceCapacity',
            instanceType: 'g4dn.xlarge',
            availabilityZone: 'us-east-1b',
            message,
          },
        },
      ]);
      expect(await fleet.launches(Date.now() / 1000 + 60)).toEqual([]);
    });

    it('Auto Scaling: ends an instance under way', async () => {
      const fleet = autoScaling('photos');
      const all = await fleet.launches(0);
      const [{ instance = '' } = {}] = all.filter(({ outcome }) => outcome === 'under-way');
      await fleet.end(instance, false);
      expect(await fleet.read()).toMatchObject({ desired: 3 });
      const ended = (await fleet.launches(0)).find((launch) => launch.instance === instance);
      expect(ended?.outcome).toBe('cancelled');
    });
  });
}
