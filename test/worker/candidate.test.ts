/** The worker on an instance of a candidate image: its verdict, and that it receives no photo. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseCandidateVerdict, type CandidateVerdict } from '../../contract/candidate-verdict.ts';
import { bundleWorker } from '../../worker/bundle.ts';
import { canarySchema, CanaryMismatch } from '../../worker/comfyui/canary.ts';
import { checkCandidate, type CandidatePorts } from '../../worker/instance/candidate.ts';
import { isCandidate, readGroupName } from '../../worker/settings.ts';
import {
  CANDIDATE_TAG,
  GROUP_TAG,
  SETTINGS_TAG,
  verdictParameterName,
  workerParameterName,
} from '../../contract/names.ts';
import { withDefaults } from '../../contract/field.ts';
import { QUEUE_FIELDS, WORKER_FIELDS, type WorkerSettings } from '../../contract/worker.ts';
import { childEnvironment, clientConfig, localPath } from '../../common/environment.ts';
import type { Instance } from '../../local/fleet/instance.ts';
import { startMetadata } from '../../local/fleet/metadata.ts';
import { Scope } from '../../common/scope.ts';
import { startLocalAws } from '../support/local-aws.ts';
import { Comfy, workflow } from './support/stand-in-comfyui.ts';
import { memoryLog } from './support/memory.ts';

describe('a verdict', () => {
  const verdicts: CandidateVerdict[] = [];
  let clock = 0;
  const prove = (more: Partial<CandidatePorts>) => {
    verdicts.length = 0;
    return checkCandidate({
      check: async () => undefined,
      canary: { cells: [] },
      imageId: async () => 'ami-1',
      putVerdict: async (verdict) => void verdicts.push(verdict),
      stop: new AbortController().signal,
      log: memoryLog(),
      clock: () => clock,
      retryPolicy: { retryMs: 1, limitMs: 5000 },
      ...more,
    });
  };

  it('is written once the instance colours', async () => {
    let checks = 0;
    await prove({
      check: async () => {
        clock += 2000;
        if (++checks < 3) throw new Error('ComfyUI is not there');
      },
    });
    expect(verdicts).toEqual([{ outcome: 'passed', seconds: 6, imageId: 'ami-1' }]);
  });

  it('has the reason when it does not', async () => {
    await prove({ check: () => ((clock += 2000), Promise.reject(new Error('ComfyUI lacks the node'))) });
    expect(verdicts).toMatchObject([{ outcome: 'failed', imageId: 'ami-1' }]);
    expect(verdicts[0]?.reason).toContain('ComfyUI lacks the node');
  });

  it('is written at once after a canary mismatch', async () => {
    let checks = 0;
    await prove({ check: () => (checks++, Promise.reject(new CanaryMismatch('off by 12'))) });
    expect(verdicts).toMatchObject([{ outcome: 'failed', reason: 'off by 12' }]);
    expect(checks).toBe(1);
  });

  it('is never `passed` without recorded colours', async () => {
    await prove({ canary: undefined });
    expect(verdicts).toMatchObject([{ outcome: 'failed' }]);
    expect(verdicts[0]?.reason).toContain('CANARY_FILE');
  });

  it('fits into a parameter', async () => {
    await prove({ check: () => Promise.reject(new CanaryMismatch('x'.repeat(9000))) });
    expect(JSON.stringify(verdicts[0]).length).toBeLessThan(4096);
  });

  it('is not written by an instance that was stopped', async () => {
    expect(
      await prove({ stop: AbortSignal.abort('SIGTERM'), check: () => new Promise(() => undefined) }),
    ).toBeUndefined();
    expect(verdicts).toEqual([]);
  });

  it('does not need the id of the image', async () => {
    await prove({ imageId: () => Promise.reject(new Error('no metadata')) });
    expect(verdicts).toMatchObject([{ outcome: 'passed' }]);
  });

  it('that cannot be written is an error', async () => {
    await expect(prove({ putVerdict: () => Promise.reject(new Error('not allowed')) })).rejects.toThrow(
      'not allowed',
    );
  });
});

it.each([
  ['true', true],
  ['', true],
  [undefined, false],
])('a tag of %j makes a candidate: %s', async (tag, expected) => {
  const metadata = async (path: string) => (path === `tags/instance/${CANDIDATE_TAG}` ? tag : undefined);
  expect(await isCandidate(metadata, memoryLog(), { limitMs: 0, retryMs: 0 })).toBe(expected);
});

it.each([
  ['photos-on-demand', 'photos-on-demand'],
  // Launched before its fleet had a second group.
  [undefined, 'photos'],
])('an instance with the tag %j completes the hooks of %s', async (tag, expected) => {
  const metadata = async (path: string) => (path === `tags/instance/${GROUP_TAG}` ? tag : undefined);
  expect(await readGroupName(metadata, 'photos', memoryLog(), { limitMs: 0, retryMs: 0 })).toBe(expected);
});

// Real processes, which a busy machine starts slowly.
describe('the whole worker', { timeout: 300_000 }, () => {
  const scope = new Scope();
  const file = localPath('build', 'candidate', 'main.mjs');
  const canary = localPath('build', 'candidate', 'canary.json');
  let endpoint: string;
  let comfy: Comfy;
  let sqs: SQSClient;
  let ssm: SSMClient;
  let queueUrl: string;

  beforeAll(async () => {
    const [local] = await Promise.all([startLocalAws('ami-candidate', scope), bundleWorker(file)]);
    endpoint = local;
    comfy = await Comfy.start();
    await scope.defer(() => comfy.close());
    sqs = new SQSClient(clientConfig(endpoint));
    ssm = new SSMClient(clientConfig(endpoint));
    const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: 'jobs' }));
    queueUrl = QueueUrl;
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'a photo' }));
    const settings: WorkerSettings = {
      stage: 'local',
      queueUrl,
      deadLetterQueueUrl: queueUrl,
      bucketName: 'photos',
      groupName: 'group',
      tableName: 'table',
      workKeyPrefix: 'work#AROAEXAMPLE:',
      ...withDefaults(QUEUE_FIELDS, { visibilityTimeoutSeconds: 30 }),
      ...withDefaults(WORKER_FIELDS, { device: 'cpu', noticePollSeconds: 1 }),
      workflow,
    };
    const Name = workerParameterName('local');
    await ssm.send(
      new PutParameterCommand({ Name, Value: JSON.stringify(settings), Type: 'String', Tier: 'Advanced' }),
    );
    expect(await run(['--record-canary', canary, 'ami/workflow/ddcolor.json'], {})).toBe(0);
  });
  afterAll(() => scope.close());

  async function run(args: string[], more: NodeJS.ProcessEnv): Promise<unknown> {
    const env = { ...childEnvironment(endpoint), COMFYUI_URL: comfy.url, ...more };
    const child = spawn(process.execPath, [file, ...args], { env, stdio: 'ignore' });
    // A worker that receives photos would not end.
    await scope.defer(() => void child.kill('SIGKILL'));
    const [code] = (await once(child, 'exit')) as unknown[];
    return code;
  }

  async function judged(instanceId: string, CANARY_FILE: string): Promise<CandidateVerdict> {
    const instance = {
      id: instanceId,
      lifecycleState: 'InService',
      zone: 'us-east-1a',
      type: 'local',
    } as Instance;
    const tags = { [SETTINGS_TAG]: workerParameterName('local'), [CANDIDATE_TAG]: 'true' };
    const metadata = await startMetadata(instance, tags);
    try {
      expect(await run([], { CANARY_FILE, AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata.url })).toBe(0);
    } finally {
      await metadata.close();
    }
    const { Parameter } = await ssm.send(
      new GetParameterCommand({ Name: verdictParameterName('local', instanceId) }),
    );
    return parseCandidateVerdict(Parameter?.Value ?? '');
  }

  it('checks its image and receives no photo', async () => {
    expect(await judged('i-good', canary)).toMatchObject({ outcome: 'passed' });
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['All'] }),
    );
    expect(Attributes).toMatchObject({
      ApproximateNumberOfMessages: '1',
      ApproximateNumberOfMessagesNotVisible: '0',
    });
  });

  it('finds that the colours differ from those recorded', async () => {
    const spoilt = localPath('build', 'candidate', 'spoilt.json');
    const { cells } = canarySchema.parse(JSON.parse(readFileSync(canary, 'utf8')));
    writeFileSync(spoilt, JSON.stringify({ cells: cells.map(([a, b]) => [a + 30, b]) }));
    expect(await judged('i-bad', spoilt)).toMatchObject({
      outcome: 'failed',
      reason: expect.stringContaining('does not colour as it did') as string,
    });
  });
});
