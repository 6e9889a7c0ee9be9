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
  async function token(base: string): Promise<string> {
    const headers = { 'x-aws-ec2-metadata-token-ttl-seconds': '60' };
    return (await fetch(`${base}/latest/api/token`, { method: 'PUT', headers })).text();
  }
  async function read(base: string, path: string): Promise<string | number> {
    const headers = { 'x-aws-ec2-metadata-token': await token(base) };
    const response = await fetch(`${base}/latest/meta-data/${path}`, { headers });
    return response.ok ? response.text() : response.status;
  }
  const base = (id: string) => running.get(id)?.metadataUrl ?? '';

  it('has instance id, placement and the tag of the settings', async () => {
    const id = await fleet.inService();
    expect(running.get(id)?.autoScalingUrl).toBe(fleet.agent.url);
    expect(await read(base(id), 'instance-id')).toBe(id);
    expect(await read(base(id), 'placement/region')).toBe('us-east-1');
    expect(await read(base(id), 'placement/availability-zone')).toMatch(/^us-east-1[abc]$/);
    expect(await read(base(id), `tags/instance/${encodeURIComponent('ddcolor-elastic:settings')}`)).toBe(
      '/photos/worker',
    );
    expect(await read(base(id), 'nothing')).toBe(404);
  });

  it('requires a token', async () => {
    const id = await fleet.inService();
    const path = `${base(id)}/latest/meta-data/instance-id`;
    expect((await fetch(path)).status).toBe(401);
    expect((await fetch(path, { headers: { 'x-aws-ec2-metadata-token': 'guess' } })).status).toBe(401);
    expect((await fetch(`${base(id)}/latest/api/token`)).status).toBe(405);
    expect((await fetch(`${base(id)}/latest/api/token`, { method: 'PUT' })).status).toBe(400);
  });

  it('shows the target lifecycle state', async () => {
    const id = await fleet.inService();
    const target = () => read(base(id), 'autoscaling/target-lifecycle-state');
    expect(await target()).toBe('InService');
    await fleet.desire(0);
    expect(await target()).toBe('Terminated');
  });

  it('shows a Spot interruption notice', async () => {
    const id = await fleet.inService();
    expect(await read(base(id), 'spot/instance-action')).toBe(404);
    fleet.agent.noticeSpot(id, new Date('2026-11-23T18:00:00.123Z'));
    const notice = await until(
      () => read(base(id), 'spot/instance-action'),
      (value) => value !== 404,
    );
    expect(JSON.parse(String(notice))).toEqual({ action: 'terminate', time: '2026-11-23T18:00:00Z' });
  });
});
