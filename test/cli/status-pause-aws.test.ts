/** `status`, `watch`, `explain`, `pause` and `resume` against a local AWS with the resources of a stage. */
import { PutMetricAlarmCommand, SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { change, type Change } from '../../cli/pause/change.ts';
import { ALARM_IDS, alarmName } from '../../contract/alarms.ts';
import { CONDITION_ALARM_IDS } from '../../contract/burn-rates.ts';
import { DynamoMemory } from '../../lambda/scaler/aws/table.ts';
import { fromItem } from '../../lambda/scaler/memory.ts';
import { REGION } from '../../common/environment.ts';
import { until } from '../support/wait.ts';
import { command, start } from './support/command.ts';
import { itemOf, record } from './support/memory.ts';
import { fresh, json, now, STAGE, stageOf, TABLE } from './support/stage.ts';

const { signal } = new AbortController();
const { stage, folder, operate } = stageOf('cli-operate-test');

describe('status', () => {
  it('shows queue, fleet, controls, decisions and the alarms of the stage', async () => {
    const names = ALARM_IDS.map((id) => alarmName(STAGE, id));
    for (const AlarmName of [...names, 'of-another-application']) {
      await stage.cloudWatch.send(
        new PutMetricAlarmCommand({
          ...{ AlarmName, Namespace: 'X', MetricName: 'x', Statistic: 'Sum', Period: 60 },
          ...{ EvaluationPeriods: 1, Threshold: 1, ComparisonOperator: 'GreaterThanThreshold' },
        }),
      );
    }
    await stage.cloudWatch.send(
      new SetAlarmStateCommand({ AlarmName: names[0], StateValue: 'ALARM', StateReason: 'test' }),
    );
    await stage.items.keep(fresh({ controls: { pauseScaleOut: {} } }));
    await stage.sqs.send(new SendMessageCommand({ QueueUrl: stage.jobs, MessageBody: 'one' }));
    await stage.sqs.send(new SendMessageCommand({ QueueUrl: stage.sidelined, MessageBody: 'second' }));
    for (const MessageBody of ['two', 'three'])
      await stage.sqs.send(new SendMessageCommand({ QueueUrl: stage.bulk, MessageBody }));
    const ended = await operate('status', '--json');
    const status = json(ended);
    expect(status).toMatchObject({
      ...{ command: 'status', stage: STAGE, region: REGION },
      queue: { waiting: 2, inFlight: 0, sidelined: 1, deadLetters: 0 },
      bulk: { waiting: 2, inFlight: 0 },
      fleet: { desired: 0, inService: 0, pending: 0, draining: 0, min: 0, max: 7 },
      controls: [{ name: 'pauseScaleOut', until: null }],
      decisions: [{ reason: 'steady', desired: 3 }],
      spending: null,
    });
    const alarms = status.alarms as { name: string; id: string; state: string }[];
    // Those whose ALARM is no fault are left out.
    const faults = ALARM_IDS.filter((id) => !CONDITION_ALARM_IDS.includes(id));
    expect(alarms.map(({ name }) => name).sort()).toEqual(faults.map((id) => alarmName(STAGE, id)).sort());
    expect(alarms.find(({ id }) => id === ALARM_IDS[0])).toMatchObject({
      state: 'ALARM',
      runbook: `docs/runbook.md#${ALARM_IDS[0]}`,
    });
    const { Messages = [] } = await stage.sqs.send(
      new ReceiveMessageCommand({ QueueUrl: stage.jobs, VisibilityTimeout: 0 }),
    );
    expect(Messages).toHaveLength(1);
  });

  it('fails for a stage without a stack', async () => {
    expect(await command(folder.path, ['status', '--stage', 'mars'], stage.env)).toEqual({
      code: 1,
      out: '',
      err: "--stage 'mars': there is no stack DDColorElastic-mars in this account and region.\n",
    });
  });

  it('reads the stack of --stack', async () => {
    const args = ['status', '--stage', 'mars', '--stack', `DDColorElastic-${STAGE}`, '--json'];
    const ended = await command(folder.path, args, stage.env);
    expect(json(ended)).toMatchObject({ stage: 'mars', fleet: { max: 7 }, alarms: [] });
  });
});

describe('watch', () => {
  it('prints a line for each change, and exits with 0 on SIGINT', async () => {
    await stage.items.keep(fresh());
    const running = start(folder.path, ['watch', '--every', '1', '--stage', STAGE], stage.env);
    let out = '';
    running.process.stdout?.on('data', (chunk: Buffer) => (out += chunk.toString()));
    await until(
      () => out,
      (text) => text.includes('steady'),
    );
    await stage.items.keep(
      itemOf([record({ at: now() - 1 }), record({ at: now(), reason: 'scale-out', desired: 5 })]),
    );
    await until(
      () => out,
      (text) => text.includes('scale-out'),
    );
    running.process.kill('SIGINT');
    const ended = await running.ended;
    expect(ended).toMatchObject({ code: 0, err: '' });
    for (const line of ended.out.trim().split('\n')) expect(line).toMatch(/^\d\d:\d\d:\d\d {2}waiting /);
  });

  it('prints one JSON object for each read', async () => {
    const running = start(folder.path, ['watch', '--every', '1', '--json', '--stage', STAGE], stage.env);
    let out = '';
    running.process.stdout?.on('data', (chunk: Buffer) => (out += chunk.toString()));
    await until(
      () => out,
      (text) => text.split('\n').length > 2,
    );
    running.process.kill('SIGTERM');
    const ended = await running.ended;
    expect(ended.code).toBe(130);
    for (const line of ended.out.trim().split('\n'))
      expect(JSON.parse(line)).toMatchObject({ command: 'status' });
  });
});

describe('explain', () => {
  it('prints the latest decision', async () => {
    await stage.items.keep(fresh());
    const ended = await operate('explain');
    expect(ended).toMatchObject({ code: 0, err: '' });
    expect(ended.out).toContain('UTC): steady.');
  });

  it('exits with 1 when the scaler has stopped', async () => {
    await stage.items.keep(itemOf([record({ at: now() - 3600 })]));
    const ended = await operate('explain', '--json');
    expect(ended).toMatchObject({ code: 1, err: '' });
    expect(json(ended)).toMatchObject({ decision: { stale: true } });
  });
});

describe('controls', () => {
  const floor = { instances: 2, until: 4_000_000_000 };
  const paused = async () => fromItem(await stage.items.kept()).controls;

  it('are set without an item of the scaler, and removed', async () => {
    const first = await operate('pause', 'both', '--json');
    expect(first).toMatchObject({ code: 0, err: '' });
    expect(json(first)).toMatchObject({
      controls: [{ name: 'pauseScaleOut', until: null }, { name: 'pauseScaleIn' }],
    });
    expect(await stage.items.kept()).toEqual({
      id: 'scaler',
      controls: { pauseScaleOut: {}, pauseScaleIn: {} },
    });
    await operate('resume', 'scale-in');
    expect(await paused()).toEqual({ pauseScaleOut: {} });
    const last = await operate('resume', 'both', '--json');
    expect(json(last)).toMatchObject({ controls: [] });
    expect(await paused()).toEqual({});
  });

  it('keep other controls and the scaler’s memory', async () => {
    const item = fresh({ controls: { floor, dryRun: {} } });
    await stage.items.keep(item);
    const before = now();
    const ended = await operate('pause', 'scale-out', '--for', '2h');
    expect(ended).toMatchObject({ code: 0, err: '' });
    expect(ended.out).toMatch(
      /scale-out is paused[^\n]*UTC, for another 2 h\n[^]*at its next tick, within 30 s\./,
    );
    const { pauseScaleOut, ...rest } = await paused();
    expect(rest).toEqual({ floor, dryRun: {} });
    expect(pauseScaleOut?.until).toBeGreaterThanOrEqual(Math.floor(before + 7200));
    expect(pauseScaleOut?.until).toBeLessThanOrEqual(now() + 7201);
    await operate('resume', 'both');
    expect(await stage.items.kept()).toEqual({ ...item, controls: { floor, dryRun: {} } });
  });

  it('are removed without an error when they are not set', async () => {
    expect(await operate('resume', 'both')).toMatchObject({ code: 0, err: '' });
    expect(await stage.items.kept()).toBeUndefined();
  });

  it('are reported when invalid, and left when they are not a map', async () => {
    await stage.items.keep(fresh({ controls: { pauseScaleout: {} } }));
    const odd = await operate('pause', 'scale-in');
    expect(odd).toMatchObject({ code: 1, err: '' });
    expect(odd.out).toContain('The scaler holds the fleet, because its controls are invalid');
    await stage.items.keep(fresh({ controls: 'none' }));
    const none = await operate('pause', 'scale-in');
    expect(none).toMatchObject({ code: 1, out: '' });
    expect(none.err).toContain('is "none", which is not a map. Remove it first.');
    expect((await stage.items.kept())?.controls).toBe('none');
  });

  it('are set with a warning when the scaler has stopped', async () => {
    await stage.items.keep(itemOf([record({ at: now() - 900 })]));
    expect((await operate('pause', 'both')).out).toContain('THE SCALER HAS STOPPED');
  });

  const out: Change = { names: ['pauseScaleOut'], until: null };

  it('and the scaler’s own writes do not overwrite each other', async () => {
    const memory = new DynamoMemory(stage.documents, TABLE);
    const recent = [record()];
    for (let k = 0; k < 20; k++) {
      const { names } = out;
      const opened = memory.open('me', k, 1);
      await Promise.all([
        opened,
        change(stage.documents, TABLE, { names, until: 4_000_000_000 + k }, signal),
      ]);
      const saved = memory.save('me', { policy: { lastOutAt: k }, recent });
      await Promise.all([
        saved,
        change(stage.documents, TABLE, { names: ['pauseScaleIn'], until: 4_000_000_000 + k }, signal),
      ]);
      const { controls, policy } = fromItem(await stage.items.kept());
      const until = { until: 4_000_000_000 + k };
      expect({ controls, policy }).toEqual({
        controls: { pauseScaleOut: until, pauseScaleIn: until },
        policy: { lastOutAt: k },
      });
    }
  });

  it.each([1, 2])('that another operator sets before write %i are kept', async (at) => {
    let writes = 0;
    const racing = {
      send: async (sent: UpdateCommand) => {
        if (sent instanceof UpdateCommand && ++writes === at)
          await stage.items.keep(fresh({ controls: { floor } }));
        return stage.documents.send(sent);
      },
    } as unknown as DynamoDBDocumentClient;
    await change(racing, TABLE, out, signal);
    expect(await paused()).toEqual({ floor, pauseScaleOut: {} });
  });

  it('are set again when another operator removes all at the same moment', async () => {
    await stage.items.keep(fresh({ controls: { floor } }));
    let writes = 0;
    const racing = {
      send: async (sent: UpdateCommand) => {
        if (sent instanceof UpdateCommand && ++writes === 1) await stage.items.keep(fresh());
        return stage.documents.send(sent);
      },
    } as unknown as DynamoDBDocumentClient;
    await change(racing, TABLE, out, signal);
    expect(await paused()).toEqual({ pauseScaleOut: {} });
  });
});
