/** The queue of webhooks that have deliveries to send, and that of the deliveries that were given up. */
import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { DeadDelivery, Wake } from '../../../contract/webhook.ts';
import type { DeadLetters, WakeQueue } from '../webhooks/ports.ts';

export class SqsWakeQueue implements WakeQueue {
  constructor(
    private readonly sqs: SQSClient,
    private readonly url: string,
  ) {}

  async send(wake: Wake, DelaySeconds: number): Promise<void> {
    const MessageBody = JSON.stringify(wake);
    await this.sqs.send(new SendMessageCommand({ QueueUrl: this.url, MessageBody, DelaySeconds }));
  }
}

export class SqsDeadLetters implements DeadLetters {
  constructor(
    private readonly sqs: SQSClient,
    private readonly url: string,
  ) {}

  async send(dead: DeadDelivery): Promise<void> {
    await this.sqs.send(new SendMessageCommand({ QueueUrl: this.url, MessageBody: JSON.stringify(dead) }));
  }
}
