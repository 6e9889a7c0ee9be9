/** Faults of messages, in all job queues by turns: duplicated, delayed, reordered, and poison messages. */
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { INCOMING } from '../../contract/keys.ts';
import { FOLDERS, QUEUES } from '../../contract/lanes.ts';

const eventFor = (name: string, key: string) => {
  const s3 = { bucket: { name }, object: { key, eTag: '0'.repeat(32) } };
  return { Records: [{ eventName: 'ObjectCreated:Put', eventTime: new Date(0).toISOString(), s3 }] };
};

/** Bodies that no worker can parse; numbered, so that each one is unique. */
const POISON: ((number: number) => string)[] = [
  (number) => `not JSON at all, ${number}`,
  (number) => JSON.stringify([number]),
  (number) => JSON.stringify({ number, Records: 'many' }),
  (number) => JSON.stringify({ Records: [{ number, eventName: 'ObjectCreated:Put' }] }),
  (number) => JSON.stringify(eventFor('', `elsewhere/${number}.jpeg`)),
  ...QUEUES.map(
    (queue) => (number: number) =>
      JSON.stringify(eventFor('another-bucket', `${FOLDERS[queue].photos}${number}.jpeg`)),
  ),
];

/** Bodies of messages without a photo, which must vanish. */
const EMPTY = [
  JSON.stringify({ Service: 'Amazon S3', Event: 's3:TestEvent' }),
  JSON.stringify(eventFor('any-bucket', `${INCOMING}New+folder/`)),
  ...QUEUES.map((queue) => JSON.stringify(eventFor('any-bucket', FOLDERS[queue].photos))),
];
const MAX_DELAY_SECONDS = 15;

export class MessageFaults {
  /** Bodies of the poison messages that were sent. */
  readonly poison: string[] = [];
  private faults = 0;

  constructor(
    private readonly sqs: SQSClient,
    private readonly urls: readonly string[],
  ) {}

  /** The queue of the next fault. */
  private next(): string {
    return this.urls[this.faults++ % this.urls.length]!;
  }

  /** @param magnitude 0 to 1, scales the delay. @returns the number of messages */
  async duplicate(magnitude: number): Promise<number> {
    const url = this.next();
    const messages = await this.peek(url);
    for (const { Body } of messages) {
      const DelaySeconds = Math.round(magnitude * MAX_DELAY_SECONDS);
      await this.sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: Body, DelaySeconds }));
    }
    for (const { ReceiptHandle } of messages) {
      await this.sqs.send(
        new ChangeMessageVisibilityCommand({ QueueUrl: url, ReceiptHandle, VisibilityTimeout: 0 }),
      );
    }
    return messages.length;
  }

  /** Makes each message visible again after another delay. @returns the number of messages */
  async delay(magnitude: number): Promise<number> {
    const url = this.next();
    const messages = await this.peek(url);
    for (const [k, { ReceiptHandle }] of messages.entries()) {
      const VisibilityTimeout = Math.round(((magnitude * 97 + k * 37) % 100) * 0.01 * MAX_DELAY_SECONDS);
      await this.sqs.send(
        new ChangeMessageVisibilityCommand({ QueueUrl: url, ReceiptHandle, VisibilityTimeout }),
      );
    }
    return messages.length;
  }

  async sendPoison(magnitude: number): Promise<void> {
    const MessageBody = POISON[Math.floor(magnitude * POISON.length)]!(this.poison.length);
    await this.sqs.send(new SendMessageCommand({ QueueUrl: this.next(), MessageBody }));
    this.poison.push(MessageBody);
  }

  async sendEmpty(magnitude: number): Promise<void> {
    const MessageBody = EMPTY[Math.floor(magnitude * EMPTY.length)]!;
    await this.sqs.send(new SendMessageCommand({ QueueUrl: this.next(), MessageBody }));
  }

  private async peek(QueueUrl: string) {
    const { Messages = [] } = await this.sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 30 }),
    );
    return Messages;
  }
}

/** Counts the messages of queues: visible, in flight and delayed. */
export async function messagesIn(sqs: SQSClient, urls: readonly string[]): Promise<number> {
  const counts = await Promise.all(urls.map((url) => messagesInOne(sqs, url)));
  return counts.reduce((sum, count) => sum + count, 0);
}

async function messagesInOne(sqs: SQSClient, QueueUrl: string): Promise<number> {
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
  );
  const names = (['', 'NotVisible', 'Delayed'] as const).map(
    (what) => `ApproximateNumberOfMessages${what}` as const,
  );
  return names.reduce((sum, name) => sum + Number(Attributes[name]), 0);
}

/** Receives and deletes all messages of a queue. @returns their bodies */
export async function drainQueue(sqs: SQSClient, QueueUrl: string): Promise<string[]> {
  const bodies: string[] = [];
  for (;;) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }),
    );
    if (Messages.length === 0) return bodies;
    for (const { Body = '', ReceiptHandle } of Messages) {
      bodies.push(Body);
      await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    }
  }
}
