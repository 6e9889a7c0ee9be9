/** A rule on a stage's event bus with a queue as its target, as a consumer would have it. */
import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { z } from 'zod';
import { clientConfig } from '../../../../common/environment.ts';
import { outcomeEventSchema, type OutcomeEvent } from '../../../../contract/outcome-event.ts';
import { signedFetch } from '../../../support/signed-fetch.ts';

/** What EventBridge adds to an event. */
const envelopeSchema = z.object({
  source: z.literal('ddcolor-elastic'),
  'detail-type': z.string(),
  detail: outcomeEventSchema,
});

async function call(endpoint: string, action: string, body: object): Promise<void> {
  const answer = await signedFetch(endpoint, {
    ...{ service: 'events', path: '/', method: 'POST' },
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `AWSEvents.${action}` },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${action}: ${answer.status} ${await answer.text()}`);
}

export class EventRule {
  private constructor(
    private readonly sqs: SQSClient,
    private readonly queueUrl: string,
  ) {}

  static async on(endpoint: string, bus: string, name: string): Promise<EventRule> {
    const sqs = new SQSClient(clientConfig(endpoint));
    const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: name }));
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }),
    );
    const EventPattern = JSON.stringify({
      source: ['ddcolor-elastic'],
      'detail-type': [{ prefix: 'photo.' }],
    });
    await call(endpoint, 'PutRule', { Name: name, EventBusName: bus, EventPattern });
    const Targets = [{ Id: 'queue', Arn: Attributes?.QueueArn }];
    await call(endpoint, 'PutTargets', { Rule: name, EventBusName: bus, Targets });
    return new EventRule(sqs, QueueUrl);
  }

  /** Receives and deletes until none has come for a second. */
  async drain(): Promise<OutcomeEvent[]> {
    const { sqs, queueUrl: QueueUrl } = this;
    const events: OutcomeEvent[] = [];
    for (;;) {
      const receive = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 });
      const { Messages = [] } = await sqs.send(receive);
      if (Messages.length === 0) return events;
      for (const { Body = '' } of Messages) {
        const { detail, 'detail-type': type } = envelopeSchema.parse(JSON.parse(Body));
        if (type !== detail.type) throw new Error(`detail-type '${type}' of an event '${detail.type}'`);
        events.push(detail);
      }
      const Entries = Messages.map(({ ReceiptHandle = '' }, k) => ({ Id: String(k), ReceiptHandle }));
      await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
    }
  }
}

/** As S3 notifies of an object. */
export const notification = (bucket: string, key: string) => ({
  Records: [
    {
      ...{ eventName: 'ObjectCreated:Put', eventTime: '2026-11-29T00:00:00Z' },
      s3: { bucket: { name: bucket }, object: { key: encodeURIComponent(key) } },
    },
  ],
});
