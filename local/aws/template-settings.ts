/** Applies settings of the deployed template that the local AWS ignores: redrive policies, hooks, tags, group sizes. */
import {
  CloudFormationClient,
  DescribeStackResourcesCommand,
  GetTemplateCommand,
} from '@aws-sdk/client-cloudformation';
import { GetQueueUrlCommand, SetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { clientConfig } from '../../common/environment.ts';
import type { TemplateSettings } from '../fleet/agent.ts';

const templateSchema = z.object({
  Resources: z.record(
    z.string(),
    z.object({
      Type: z.string(),
      Properties: z.record(z.string(), z.unknown()).optional(),
      UpdatePolicy: z.record(z.string(), z.unknown()).optional(),
    }),
  ),
});
const redriveSchema = z.object({
  deadLetterTargetArn: z.object({ 'Fn::GetAtt': z.tuple([z.string(), z.literal('Arn')]) }),
  maxReceiveCount: z.number(),
});
const hookSchema = z.object({
  LifecycleHookName: z.string(),
  LifecycleTransition: z.enum(['autoscaling:EC2_INSTANCE_LAUNCHING', 'autoscaling:EC2_INSTANCE_TERMINATING']),
  HeartbeatTimeout: z.number(),
  DefaultResult: z.enum(['CONTINUE', 'ABANDON']),
});
const refreshSchema = z.object({
  Preferences: z.object({ MinHealthyPercentage: z.number(), MaxHealthyPercentage: z.number() }),
});
const sizesSchema = z.object({
  MinSize: z.coerce.number(),
  MaxSize: z.coerce.number(),
  DesiredCapacity: z.coerce.number().optional(),
});
const tagsSchema = z.array(
  z.object({ ResourceType: z.string(), Tags: z.array(z.object({ Key: z.string(), Value: z.string() })) }),
);

interface Resource {
  type: string;
  properties: Record<string, unknown>;
  updatePolicy: Record<string, unknown>;
  physicalId: string;
}

async function resources(endpoint: string, stackName: string): Promise<Map<string, Resource>> {
  const cloudFormation = new CloudFormationClient(clientConfig(endpoint));
  const { TemplateBody } = await cloudFormation.send(new GetTemplateCommand({ StackName: stackName }));
  const { StackResources } = await cloudFormation.send(
    new DescribeStackResourcesCommand({ StackName: stackName }),
  );
  const template = templateSchema.parse(JSON.parse(TemplateBody ?? '{}'));
  const found = new Map<string, Resource>();
  for (const { LogicalResourceId, PhysicalResourceId } of StackResources ?? []) {
    const resource = template.Resources[LogicalResourceId ?? ''];
    if (!resource || !LogicalResourceId) continue;
    found.set(LogicalResourceId, {
      type: resource.Type,
      properties: resource.Properties ?? {},
      updatePolicy: resource.UpdatePolicy ?? {},
      physicalId: PhysicalResourceId ?? '',
    });
  }
  return found;
}

/** Sets the redrive policies. @returns the settings that the fleet agent keeps, since the local AWS does not */
export async function applyTemplateSettings(endpoint: string, stackName: string): Promise<TemplateSettings> {
  const all = await resources(endpoint, stackName);
  const ofType = (type: string) => [...all.values()].filter((resource) => resource.type === type);

  const sqs = new SQSClient(clientConfig(endpoint));
  for (const queue of ofType('AWS::SQS::Queue')) {
    if (!('RedrivePolicy' in queue.properties)) continue;
    const redrive = redriveSchema.parse(queue.properties.RedrivePolicy);
    const target = all.get(redrive.deadLetterTargetArn['Fn::GetAtt'][0]);
    if (!target)
      throw new Error(`no dead-letter queue ${JSON.stringify(redrive)} among the deployed resources`);
    const name = target.physicalId.split('/').pop() ?? '';
    const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: name }));
    const deadLetterTargetArn = `arn:aws:sqs:${await sqs.config.region()}:${accountOf(QueueUrl)}:${name}`;
    const policy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: redrive.maxReceiveCount });
    await sqs.send(
      new SetQueueAttributesCommand({ QueueUrl: queue.physicalId, Attributes: { RedrivePolicy: policy } }),
    );
  }

  const group = ofType('AWS::AutoScaling::AutoScalingGroup')[0];
  const template = ofType('AWS::EC2::LaunchTemplate')[0];
  const data = z
    .object({ TagSpecifications: tagsSchema.optional() })
    .parse(template?.properties.LaunchTemplateData ?? {});
  const { MinSize: min, MaxSize: max, DesiredCapacity: desired } = sizesSchema.parse(group?.properties);
  const tags =
    data.TagSpecifications?.find((specification) => specification.ResourceType === 'instance')?.Tags ?? [];
  const refresh = refreshSchema.safeParse(group?.updatePolicy.AutoScalingInstanceRefresh).data?.Preferences;
  return {
    // A change of the template is a new version of it.
    version: createHash('sha256').update(JSON.stringify(template?.properties)).digest('hex').slice(0, 12),
    refresh: refresh && {
      minHealthyPercentage: refresh.MinHealthyPercentage,
      maxHealthyPercentage: refresh.MaxHealthyPercentage,
    },
    hooks: z
      .array(hookSchema)
      .parse(group?.properties.LifecycleHookSpecificationList ?? [])
      .map((hook) => ({
        name: hook.LifecycleHookName,
        transition: hook.LifecycleTransition,
        heartbeatSeconds: hook.HeartbeatTimeout,
        defaultResult: hook.DefaultResult,
      })),
    limits: { min, max },
    desired,
    instanceTags: Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value])),
  };
}

const accountOf = (queueUrl: string | undefined) => queueUrl?.split('/').at(-2) ?? '';
