/** The metadata service of an instance. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../../support/wait.ts';
import { startFleet, type Fleet } from '../support/fleet.ts';

let fleet: Fleet;
let running: Fleet['running'];
beforeEach(async () => {
  fleet = await startFleet();
  ({ running } = fleet);
});
afterEach(() => fleet.close());

describe('the metadata of an instance', () => {
  const read = (id: string, path: string) => fleet.metadata(id, path);

  it('has instance id, placement and the tag of the settings', async () => {
    const id = await fleet.inService();
    expect(running.get(id)?.autoScalingUrl).toBe(fleet.agent.url);
    expect(await read(id, 'instance-id')).toBe(id);
    expect(await read(id, 'placement/region')).toBe('us-east-1');
    expect(await read(id, 'placement/availability-zone')).toMatch(/^us-east-1[abc]$/);
    expect(await read(id, `tags/instance/${encodeURIComponent('ddcolor-elastic:settings')}`)).toBe(
      '/photos/worker',
    );
    expect(await read(id, 'instance-life-cycle')).toBe('spot');
    expect(await read(id, 'nothing')).toBe(404);
  });

  it('requires a token', async () => {
    const id = await fleet.inService();
    const path = `${running.get(id)?.metadataUrl}/latest/meta-data/instance-id`;
    expect((await fetch(path)).status).toBe(401);
    expect((await fetch(path, { headers: { 'x-aws-ec2-metadata-token': 'guess' } })).status).toBe(401);
    expect((await fetch(`${running.get(id)?.metadataUrl}/latest/api/token`)).status).toBe(405);
    expect((await fetch(`${running.get(id)?.metadataUrl}/latest/api/token`, { method: 'PUT' })).status).toBe(
      400,
    );
  });

  it('shows the target lifecycle state', async () => {
    const id = await fleet.inService();
    const target = () => read(id, 'autoscaling/target-lifecycle-state');
    expect(await target()).toBe('InService');
    await fleet.desire(0);
    expect(await target()).toBe('Terminated');
  });

  it('shows a Spot interruption notice', async () => {
    const id = await fleet.inService();
    expect(await read(id, 'spot/instance-action')).toBe(404);
    fleet.agent.noticeSpot(id, new Date('2026-11-23T18:00:00.123Z'));
    const notice = await until(
      () => read(id, 'spot/instance-action'),
      (value) => value !== 404,
    );
    expect(JSON.parse(String(notice))).toEqual({ action: 'terminate', time: '2026-11-23T18:00:00Z' });
  });
});
