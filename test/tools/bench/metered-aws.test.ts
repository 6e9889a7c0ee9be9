/** The server of the boot storm: it counts calls by API, refuses those beyond a rate as AWS does, and passes the others on. */
import { AutoScalingClient, CompleteLifecycleActionCommand } from '@aws-sdk/client-auto-scaling';
import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterEach, describe, expect, it } from 'vitest';
import { clientConfig } from '../../../common/environment.ts';
import { listenOnLoopback } from '../../../common/loopback.ts';
import { startMeteredAws } from '../../../tools/bench/metered-aws.ts';

const closes: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closes.splice(0)) await close();
});

async function started(rates: Parameters<typeof startMeteredAws>[1]) {
  const local = await listenOnLoopback((request, response) => {
    request.resume();
    request.on('end', () => response.end(JSON.stringify({ Parameter: { Value: 'yes' } })));
  });
  const aws = await startMeteredAws(local.url, rates);
  closes.push(aws.close, local.close);
  return { aws, config: { ...clientConfig(aws.url), maxAttempts: 1 } };
}

describe('the server before the local AWS', () => {
  it('passes calls on until their rate is used up, and refuses the others as throttled', async () => {
    const { aws, config } = await started({ GetParameter: 2 });
    const ssm = new SSMClient(config);
    const results = await Promise.allSettled(
      Array.from({ length: 5 }, () => ssm.send(new GetParameterCommand({ Name: 'x' }))),
    );
    const passed = results.filter(({ status }) => status === 'fulfilled');
    expect(passed).toHaveLength(2);
    for (const result of results)
      if (result.status === 'rejected') expect((result.reason as Error).name).toBe('ThrottlingException');
    expect(aws.counts.get('GetParameter')).toMatchObject({ calls: 5, refused: 3 });
  });

  it('answers lifecycle actions itself, and names the calls of each protocol', async () => {
    const { aws, config } = await started({ CompleteLifecycleAction: 1 });
    const complete = () =>
      new AutoScalingClient(config).send(
        new CompleteLifecycleActionCommand({
          AutoScalingGroupName: 'group',
          LifecycleHookName: 'ready',
          InstanceId: 'i-1',
          LifecycleActionResult: 'CONTINUE',
        }),
      );
    await complete();
    await expect(complete()).rejects.toMatchObject({ name: 'Throttling' });
    expect([...aws.completed]).toEqual([['i-1', 1]]);
    const put = new PutMetricDataCommand({ Namespace: 'x', MetricData: [] });
    await new CloudWatchClient(config).send(put).catch(() => undefined);
    expect([...aws.counts.keys()].sort()).toEqual(['CompleteLifecycleAction', 'PutMetricData']);
  });
});
