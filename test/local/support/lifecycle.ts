/**
 * What an operator does to a stack at work: changes its stage, deploys again with photos in the queue, deletes it in the end.
 */
import {
  CloudFormationClient,
  DeleteStackCommand,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation';
import { DeleteObjectsCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import type { StageConfig } from '../../../lib/config.ts';
import { deployAll } from '../../../local/aws/deploy.ts';
import { applyTemplateSettings } from '../../../local/aws/template-settings.ts';
import { clientConfig, localPath } from '../../../common/environment.ts';
import { listKeys, readOutcomes } from '../../../local/run/outcomes.ts';
import type { Photo } from '../../../local/run/photos.ts';
import type { LocalStack } from '../../../local/run/stack.ts';
import { whatIsThere } from './resources.ts';

const STACK = 'DDColorElastic-local';
const APP = 'node --import tsx test/local/support/changed-stage.ts';
const LOOK_MS = 200;

export interface Redeployed {
  /** Photos without an end, when the deploy began and when it was over. */
  openBefore: number;
  openAfter: number;
  /** Desired capacity when it began, and the least while it went on. */
  desiredBefore: number;
  desiredLeast: number;
  /** The group's maximum, before and after. */
  max: [number, number];
  /** Photos by their end, once all have one. */
  ends: Record<string, number>;
  deadLetters: number;
}

export async function submitMany(stack: LocalStack, count: number): Promise<Photo[]> {
  const body = await sharp({ create: { width: 64, height: 48, channels: 3, background: '#777' } })
    .jpeg()
    .toBuffer();
  const photos = Array.from(
    { length: count },
    (_, k) => ({ key: `many/${k}.jpg`, body }) as unknown as Photo,
  );
  await Promise.all(
    photos.map(({ key }) =>
      stack.s3.send(
        new PutObjectCommand({ Bucket: stack.outputs.BucketName, Key: `incoming/${key}`, Body: body }),
      ),
    ),
  );
  return photos;
}

const openOf = (ends: Map<string, string>) => [...ends.values()].filter((end) => end === 'none').length;

/** Deploys a changed stage while photos are worked on, and waits until each has its end. */
export async function redeploy(stack: LocalStack, photos: Photo[], change: StageConfig): Promise<Redeployed> {
  const { agent, groupName, s3, sqs, endpoint, outputs } = stack;
  const bucket = outputs.BucketName ?? '';
  const abort = new AbortController();
  const open = async () => openOf(await readOutcomes(s3, bucket, photos));
  await until(() =>
    agent.snapshot(groupName).instances.some(({ lifecycleState }) => lifecycleState === 'InService'),
  );

  const { desired: desiredBefore, max: maxBefore } = agent.snapshot(groupName);
  const openBefore = await open();
  let desiredLeast = desiredBefore;
  const watch = setInterval(() => {
    desiredLeast = Math.min(desiredLeast, agent.snapshot(groupName).desired);
  }, LOOK_MS);
  await deployAll(endpoint, APP, abort.signal, localPath('changed.json'), {
    STAGE_CHANGE: JSON.stringify(change),
    CDK_OUTPUT: localPath('changed.out'),
  });
  await agent.applyTemplate(groupName, await applyTemplateSettings(endpoint, STACK));
  clearInterval(watch);
  const openAfter = await open();
  const { max: maxAfter } = agent.snapshot(groupName);

  await until(async () => (await open()) === 0);
  const ends: Record<string, number> = {};
  for (const end of (await readOutcomes(s3, bucket, photos)).values()) ends[end] = (ends[end] ?? 0) + 1;
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: outputs.DeadLetterQueueUrl,
      AttributeNames: ['ApproximateNumberOfMessages'],
    }),
  );
  return {
    openBefore,
    openAfter,
    desiredBefore,
    desiredLeast,
    max: [maxBefore, maxAfter],
    ends,
    deadLetters: Number(Attributes?.ApproximateNumberOfMessages),
  };
}

/** Deletes the stack as the README says. @returns what was there before, and what is left */
export async function destroy(
  stack: LocalStack,
): Promise<Record<'before' | 'left', Record<string, string[]>>> {
  const { s3, outputs, endpoint } = stack;
  const bucket = outputs.BucketName ?? '';
  const before = await whatIsThere(endpoint);
  // `aws s3 rm --recursive`.
  const keys = [...(await listKeys(s3, bucket, ''))];
  for (let from = 0; from < keys.length; from += 1000) {
    const Objects = keys.slice(from, from + 1000).map((Key) => ({ Key }));
    await s3.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects } }));
  }
  const cloudFormation = new CloudFormationClient(clientConfig(endpoint));
  // By name: the CDK's CLI does it by the stack's ARN, which the local AWS does not find.
  await cloudFormation.send(new DeleteStackCommand({ StackName: STACK }));
  await until(() =>
    cloudFormation.send(new DescribeStacksCommand({ StackName: STACK })).then(
      ({ Stacks = [] }) => Stacks.every(({ StackStatus }) => StackStatus === 'DELETE_COMPLETE'),
      () => true,
    ),
  );
  return { before, left: await whatIsThere(endpoint) };
}

/** The test's own time-out is the limit. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(LOOK_MS);
}
