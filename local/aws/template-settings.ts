/** Applies settings of the deployed template that the local AWS ignores: redrive policies, hooks, tags, and how a group buys its instances. */
import {
  CloudFormationClient,
  DescribeStackResourcesCommand,
  GetTemplateCommand,
} from '@aws-sdk/client-cloudformation';
import { GetQueueUrlCommand, SetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { z } from 'zod';
import { clientConfig } from '../../common/environment.ts';
import type { FleetAgent } from '../fleet/agent.ts';
import { groupsOf, type Resource } from './group-settings.ts';

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

/** Sets the redrive policies, and gives the fleet agent its groups' settings. @returns the names of the groups */
export async function applyTemplateSettings(
  endpoint: string,
  stackName: string,
  agent: Pick<FleetAgent, 'applyTemplate'>,
): Promise<string[]> {
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

  const groups = groupsOf(all);
  for (const [name, settings] of groups) await agent.applyTemplate(name, settings);
  return [...groups.keys()];
}

const accountOf = (queueUrl: string | undefined) => queueUrl?.split('/').at(-2) ?? '';
