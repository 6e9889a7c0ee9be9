/** Deploys a changed stage onto a stack at work, and deletes a stack, as an operator does. */
import {
  CloudFormationClient,
  DeleteStackCommand,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation';
import { DeleteObjectsCommand } from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StageConfig } from '../../../lib/stage/stage.ts';
import { cdk, deploy } from '../../../local/aws/deploy.ts';
import { applyTemplateSettings } from '../../../local/aws/template-settings.ts';
import { clientConfig, localPath } from '../../../common/environment.ts';
import { fleetOf } from '../../../local/run/fleet.ts';
import { listKeys } from '../../../local/run/outcomes.ts';
import type { LocalStack } from '../../../local/run/stack.ts';
import { resourcesIn } from './resources.ts';
import { Traffic } from './traffic.ts';

const STACK = 'DDColorElastic-local';
const APP = 'node --import tsx test/local/support/changed-stage.ts';
const POLL_MS = 200;
const FEED_MS = 1000;

export interface Redeployed {
  submitted: number;
  /** Photos without an outcome, before and after the deploy. */
  openBefore: number;
  openAfter: number;
  /** Desired capacity before the deploy, and the minimum during it. */
  desiredBefore: number;
  desiredMinimum: number;
  /** The group's maximum, before and after the deploy. */
  max: [number, number];
  /** Photos by outcome, once every photo has one. */
  outcomes: Record<string, number>;
  deadLetters: number;
}

/**
 * Deploys a changed stage while photos are in the queue, and waits until every photo has an outcome.
 *
 * @param photosAtOnce photos submitted at first; more follow during the deploy, so that it never outlasts them
 */
export async function redeployAtWork(
  stack: LocalStack,
  change: StageConfig,
  photosAtOnce: number,
): Promise<Redeployed> {
  const { agent, sqs, endpoint, outputs } = stack;
  const { signal } = new AbortController();
  const traffic = new Traffic(stack);

  await traffic.submit(photosAtOnce);
  let desiredMinimum = Infinity;
  let deployed = false;
  const keepAtWork = async () => {
    while (!deployed) {
      desiredMinimum = Math.min(desiredMinimum, fleetOf(stack).desired);
      if ((await traffic.open()) < photosAtOnce) await traffic.submit(photosAtOnce / 2);
      await sleep(FEED_MS);
    }
  };
  const working = keepAtWork();
  const env = { STAGE_CHANGE: JSON.stringify(change) };
  const assembly = localPath('changed.out');
  await cdk(endpoint, ['synth', '--quiet', '--app', APP, '--output', assembly], signal, { env });
  await until(() => fleetOf(stack).instances.some(({ lifecycleState }) => lifecycleState === 'InService'));

  const { desired: desiredBefore, max: maxBefore } = fleetOf(stack);
  const openBefore = await traffic.open();
  desiredMinimum = desiredBefore;
  await deploy(endpoint, assembly, signal);
  await applyTemplateSettings(endpoint, STACK, agent);
  const openAfter = await traffic.open();
  deployed = true;
  await working;
  const { max: maxAfter } = fleetOf(stack);

  await until(async () => (await traffic.open()) === 0);
  const counts: Record<string, number> = {};
  for (const outcome of await traffic.outcomes()) counts[outcome] = (counts[outcome] ?? 0) + 1;
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: outputs.DeadLetterQueueUrl,
      AttributeNames: ['ApproximateNumberOfMessages'],
    }),
  );
  return {
    submitted: traffic.submitted,
    openBefore,
    openAfter,
    desiredBefore,
    desiredMinimum,
    max: [maxBefore, maxAfter],
    outcomes: counts,
    deadLetters: Number(Attributes?.ApproximateNumberOfMessages),
  };
}

/** Deletes the stack as the README describes. @returns its resources before, and what is left after */
export async function destroy(
  stack: LocalStack,
): Promise<Record<'before' | 'left', Record<string, string[]>>> {
  const { s3, outputs, endpoint } = stack;
  const bucket = outputs.BucketName ?? '';
  const before = await resourcesIn(endpoint);
  // `aws s3 rm --recursive`.
  const keys = [...(await listKeys(s3, bucket, ''))];
  for (let from = 0; from < keys.length; from += 1000) {
    const Objects = keys.slice(from, from + 1000).map((Key) => ({ Key }));
    await s3.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects } }));
  }
  const cloudFormation = new CloudFormationClient(clientConfig(endpoint));
  // By name: the CDK's CLI deletes by the stack's ARN, which the local AWS does not find.
  await cloudFormation.send(new DeleteStackCommand({ StackName: STACK }));
  await until(() =>
    cloudFormation.send(new DescribeStacksCommand({ StackName: STACK })).then(
      ({ Stacks = [] }) => Stacks.every(({ StackStatus }) => StackStatus === 'DELETE_COMPLETE'),
      () => true,
    ),
  );
  return { before, left: await resourcesIn(endpoint) };
}

/** Without a limit of its own: the test's timeout applies. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(POLL_MS);
}
