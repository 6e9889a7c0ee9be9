/** `image promote` on the local AWS: its changes when the candidate passes, fails or is interrupted. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { explained } from '../../../cli/image/main.ts';
import { promote } from '../../../cli/image/promote.ts';
import { Parameters } from '../../../cli/image/aws/parameters.ts';
import { CanaryMismatch } from '../../../worker/comfyui/canary.ts';
import { childEnvironment } from '../../../common/environment.ts';
import { Scope } from '../../../common/scope.ts';
import { until } from '../../support/wait.ts';
import { unchangedTests } from './promote-unchanged-suite.ts';
import { Account, SUBNETS, TYPES } from './support/account.ts';

const scope = new Scope();
let account: Account;
let parameters: Parameters;
const OLD = 'ami-00000001';
const NEW = 'ami-00000002';

beforeAll(async () => {
  account = await Account.start('ami-promote', scope);
  parameters = new Parameters(account.ssm);
});
afterAll(() => scope.close());
beforeEach(async () => {
  await account.reset('dev');
  await account.image(OLD, 1);
  await account.image(NEW, 2);
  await parameters.setCurrent('dev', OLD);
  await parameters.setCandidate('dev', NEW);
});

const good = async () => undefined;
const bad = () => Promise.reject(new CanaryMismatch('the colours are off by 12'));

/** Images, parameters and fleet are unchanged, and no instance is left. */
async function expectUntouched(): Promise<void> {
  expect(await account.parameters()).toEqual({ 'dev/ami/current': OLD, 'dev/ami/candidate': NEW });
  expect(await account.refreshes('dev')).toBe(0);
  expect([...account.front.images.keys()]).toEqual([OLD, NEW]);
  expect((await account.instances()).map(({ state }) => state)).toEqual(['terminated']);
}

describe('a candidate that passes its test', () => {
  it('becomes the current image, and the instances are replaced', async () => {
    account.judge('dev', good, NEW);
    const { session, said } = await account.enter('promote --stage dev --yes');
    expect(await explained(promote, session), said()).toBe(0);
    expect(await account.parameters()).toEqual({ 'dev/ami/current': NEW, 'dev/ami/candidate': NEW });
    expect(await account.refreshes('dev')).toBe(1);
    const [refresh] = account.front.of('StartInstanceRefresh');
    expect(Object.fromEntries(refresh ?? [])).toMatchObject({
      'Preferences.SkipMatching': 'false',
      'Preferences.MinHealthyPercentage': '100',
      'Preferences.MaxHealthyPercentage': '125',
    });
  });

  it('of a stage with a warm pool waits for a deploy, and keeps the image that the launch template names', async () => {
    const named = 'ami-00000000';
    await account.resetTo(['dev'], named);
    for (const [minute, id] of [named, OLD, NEW, 'ami-00000003'].entries()) await account.image(id, minute);
    await parameters.setCurrent('dev', OLD);
    await parameters.setCandidate('dev', NEW);
    account.judge('dev', good, NEW);
    const { session, said } = await account.enter('promote --stage dev --yes');
    expect(await explained(promote, session), said()).toBe(0);
    expect(await account.parameters()).toMatchObject({ 'dev/ami/current': NEW });
    expect(await account.refreshes('dev')).toBe(0);
    expect(said()).toContain(
      `Next: npm run deploy -- --stage dev, since ddcolor-elastic-dev has a warm pool`,
    );
    expect([...account.front.images.keys()]).toContain(named);
  });

  it('was tested by one instance outside of the group, terminated before the change', async () => {
    account.judge('dev', good, NEW);
    const { session } = await account.enter('promote --stage dev --yes');
    await explained(promote, session);
    expect(await account.instances()).toEqual([
      {
        state: 'terminated',
        imageId: NEW,
        tags: {
          'ddcolor-elastic:settings': '/ddcolor-elastic/dev/worker',
          'ddcolor-elastic:candidate': 'true',
          Name: 'ddcolor-elastic candidate of dev',
        },
      },
    ]);
    const [launch] = account.front.of('RunInstances');
    expect(Object.fromEntries(launch ?? [])).toMatchObject({
      InstanceType: TYPES[0],
      'NetworkInterface.1.SubnetId': SUBNETS[0],
      'NetworkInterface.1.AssociatePublicIpAddress': 'true',
      'NetworkInterface.1.SecurityGroupId.1': 'sg-fleet',
      'LaunchTemplate.Version': '1',
    });
    expect(launch?.has('SubnetId')).toBe(false);
    const [set] = account.front.calls.flatMap(({ action }, k) => (action === 'PutParameter' ? [k] : []));
    const ended = account.front.calls.findIndex(({ action }) => action === 'TerminateInstances');
    expect(ended).toBeLessThan(set ?? -1);
  });

  it('is launched in another subnet or as another type when capacity is insufficient', async () => {
    account.judge('dev', good);
    account.front.refusals.push({ action: 'RunInstances', code: 'InsufficientInstanceCapacity', times: 2 });
    const { session } = await account.enter('promote --stage dev --yes');
    expect(await explained(promote, session)).toBe(0);
    const tried = account.front
      .of('RunInstances')
      .map((form) => [form.get('InstanceType'), form.get('NetworkInterface.1.SubnetId')]);
    expect(tried).toEqual([
      [TYPES[0], SUBNETS[0]],
      [TYPES[0], SUBNETS[1]],
      [TYPES[1], SUBNETS[0]],
    ]);
  });

  it('leaves three images with their snapshots, including those in use', async () => {
    await account.reset('dev', 'prod');
    for (let k = 1; k <= 6; k++) await account.image(`ami-0000000${k}`, k);
    const snapshots = new Map([...account.front.images].map(([id, { snapshot }]) => [id, snapshot]));
    await parameters.setCurrent('prod', 'ami-00000001');
    await parameters.setCurrent('dev', 'ami-00000002');
    await parameters.setCandidate('dev', 'ami-00000006');
    await account.image('ami-0000000f', 0, { tags: { project: 'something-else' } });
    account.judge('dev', good);
    const { session, said } = await account.enter('promote --stage dev --yes');
    expect(await explained(promote, session)).toBe(0);
    const kept = ['ami-00000001', 'ami-00000002', 'ami-00000006'];
    expect([...account.front.images.keys()]).toEqual([...kept, 'ami-0000000f']);
    const left = await account.snapshots();
    for (const [id, snapshot] of snapshots) expect(left.includes(snapshot), id).toBe(kept.includes(id));
    expect(said()).toContain('Remove the image ami-00000005');
  });

  it('becomes current also when an old image cannot be removed', async () => {
    for (let k = 3; k <= 5; k++) await account.image(`ami-0000000${k}`, -k);
    account.judge('dev', good);
    account.front.refusals.push({ action: 'DeregisterImage', code: 'OperationNotPermitted', times: 1 });
    const { session, said } = await account.enter('promote --stage dev --yes');
    expect(await explained(promote, session)).toBe(1);
    expect(said()).toContain('ami-00000005 could not be removed');
    expect([...account.front.images.keys()]).toEqual([OLD, NEW, 'ami-00000003', 'ami-00000005']);
  });
});

describe('a candidate fails its test, and the fleet is unchanged,', () => {
  it('when its colours are wrong', async () => {
    account.judge('dev', bad, NEW);
    const { session, said } = await account.enter('promote --stage dev --yes');
    expect(await explained(promote, session)).toBe(3);
    await expectUntouched();
    expect(said()).toContain('failed its test: the colours are off by 12');
  });

  it('when it writes no verdict in time', async () => {
    const timing = { deadlineMs: 100, pollMs: 10 };
    const { session, said } = await account.enter('promote --stage dev --yes', { timing });
    expect(await explained(promote, session)).toBe(3);
    await expectUntouched();
    expect(said()).toMatch(/no verdict within \d+ s; its instance was 'running'/);
  });

  it('at once when its instance terminates by itself', async () => {
    account.front.onLaunch = (id) => account.end(id);
    const { session, said } = await account.enter('promote --stage dev --yes', {
      timing: { deadlineMs: 3_600_000, pollMs: 10 },
    });
    expect(await explained(promote, session)).toBe(3);
    await expectUntouched();
    expect(said()).toContain("its instance is 'terminated' without a verdict");
  });

  it('when its instance ran another image', async () => {
    account.judge('dev', good, OLD);
    const { session, said } = await account.enter('promote --stage dev --yes');
    expect(await explained(promote, session)).toBe(3);
    await expectUntouched();
    expect(said()).toContain(`its instance ran ${OLD}`);
  });

  it('when the quota is too small, without another launch', async () => {
    account.front.refusals.push({ action: 'RunInstances', code: 'VcpuLimitExceeded', times: 9 });
    const { session } = await account.enter('promote --stage dev --yes');
    await expect(explained(promote, session)).rejects.toThrow(/out of quota.*VcpuLimitExceeded/s);
    expect(account.front.of('RunInstances')).toHaveLength(1);
    expect(await account.parameters()).toMatchObject({ 'dev/ami/current': OLD });
  });
});

describe('Ctrl-C', () => {
  it.each([
    ['during the wait for the verdict', (stop: () => Promise<void>) => void setImmediate(() => void stop())],
    ['during the launch', (stop: () => Promise<void>) => void stop()],
  ])('%s terminates the instance', async (_when, press) => {
    const { session, controller } = await account.enter('promote --stage dev --yes');
    const closed = new Promise<void>((resolve) => {
      account.front.onLaunch = () =>
        press(async () => {
          controller.abort();
          await session.scope.close();
          resolve();
        });
    });
    await expect(explained(promote, session)).rejects.toThrow(/abort/i);
    await closed;
    await expectUntouched();
  });

  it('during the change of the current image waits for the change and the refresh', async () => {
    account.judge('dev', good);
    const { session, controller } = await account.enter('promote --stage dev --yes');
    const { parameters: real } = session;
    const setCurrent = real.setCurrent;
    let refreshesAtEnd: Promise<number> | undefined;
    real.setCurrent = async (...args) => {
      await sleep(1);
      controller.abort();
      // The process exits once the scope is closed.
      refreshesAtEnd = session.scope.close().then(() => account.refreshes('dev'));
      await sleep(200);
      await setCurrent(...args);
    };
    await explained(promote, session).catch(() => undefined);
    expect(await refreshesAtEnd).toBe(1);
    expect(await account.parameters()).toMatchObject({ 'dev/ami/current': NEW });
  });
});

it('names an instance that cannot be terminated, and the command that terminates it', async () => {
  account.judge('dev', good);
  account.front.refusals.push({ action: 'TerminateInstances', code: 'UnauthorizedOperation', times: 9 });
  const { session, said } = await account.enter('promote --stage dev --yes');
  await expect(explained(promote, session)).rejects.toThrow(/COSTS MONEY/);
  expect(said()).toMatch(/aws ec2 terminate-instances --instance-ids i-/);
  expect(await account.parameters()).toMatchObject({ 'dev/ami/current': OLD });
  const next = await account.enter('promote --stage dev --yes');
  await expect(explained(promote, next.session)).rejects.toThrow(/a candidate instance still runs: i-/);
});

it('the command terminates its instance on SIGINT, and reports it', async () => {
  const entry = join(import.meta.dirname, '..', 'support', 'entry.ts');
  const args = ['--import', 'tsx', entry, 'image', 'promote', '--stage', 'dev', '--yes'];
  const child = spawn(process.execPath, args, { env: childEnvironment(account.front.url) });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await until(
    async () => said,
    (text) => text.includes('Launched'),
  );
  child.kill('SIGINT');
  expect(await once(child, 'exit')).toEqual([130, null]);
  expect(said).toMatch(/Launched (i-\w+)\..*Stopping.*Terminated \1\./s);
  await expectUntouched();
});

it.each([
  ['UnauthorizedOperation', 'lacks a permission'],
  ['RequestExpired', 'sign in to AWS first'],
])('%s is reported with what to do', async (code, hint) => {
  account.front.refusals.push({ action: 'DescribeImages', code, times: 99 });
  const { session } = await account.enter('promote --stage dev --yes');
  await expect(explained(promote, session)).rejects.toThrow(hint);
});

unchangedTests(() => account);

it('is confirmed on the terminal', async () => {
  account.judge('dev', good);
  const { session } = await account.enter('promote --stage dev', { ask: async () => 'y' });
  expect(await explained(promote, session)).toBe(0);
  expect(await account.parameters()).toMatchObject({ 'dev/ami/current': NEW });
});
