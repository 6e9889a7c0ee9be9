/** The job queues on SQS, with one dead-letter queue. */
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  OverLimit,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { QUEUES, type QueueName } from '../../contract/lanes.ts';
import { DEAD_LETTER_REASON } from '../../contract/names.ts';
import { InFlightQuotaReached, type JobQueue, type Message } from '../photo/queue.ts';

/**
 * Long-poll time. A receive under way must end before the worker does, so draining an idle instance takes this long; at 5 s
 * an idle instance makes about half a million requests a month.
 */
const RECEIVE_WAIT_SECONDS = 5;

export class SqsJobQueue implements JobQueue {
  readonly queues: readonly QueueName[];

  constructor(
    private readonly sqs: SQSClient,
    private readonly urls: { interactive: string } & { [queue in QueueName]?: string | undefined },
    private readonly deadLetterUrl: string,
  ) {
    this.queues = QUEUES.filter((queue) => urls[queue] !== undefined);
  }

  async receive(queue: QueueName, wait: boolean): Promise<Message | undefined> {
    const receive = new ReceiveMessageCommand({
      QueueUrl: this.urlOf(queue),
      MaxNumberOfMessages: 1,
      WaitTimeSeconds: wait ? RECEIVE_WAIT_SECONDS : 0,
      MessageSystemAttributeNames: ['ApproximateReceiveCount', 'SentTimestamp'],
    });
    // SQS says so to short polls only; a long poll then returns no message.
    const { Messages = [] } = await this.sqs.send(receive).catch((cause: unknown) => {
      throw cause instanceof OverLimit ? new InFlightQuotaReached(cause.message, { cause }) : cause;
    });
    const [message] = Messages;
    if (!message?.ReceiptHandle) return undefined;
    return {
      queue,
      id: message.MessageId ?? '',
      body: message.Body ?? '',
      receiptHandle: message.ReceiptHandle,
      receiveCount: Number(message.Attributes?.ApproximateReceiveCount ?? 1),
      sentAtMs: Number(message.Attributes?.SentTimestamp),
    };
  }

  async delete({ queue, receiptHandle }: Message): Promise<void> {
    const QueueUrl = this.urlOf(queue);
    await this.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: receiptHandle }));
  }

  async deadLetter(message: Message, reason: string): Promise<void> {
    // SQS moves a message by its receives alone. Dying in between leaves it in both queues, and nothing is lost.
    await this.sqs.send(
      new SendMessageCommand({
        QueueUrl: this.deadLetterUrl,
        MessageBody: message.body,
        MessageAttributes: { [DEAD_LETTER_REASON]: { DataType: 'String', StringValue: reason } },
      }),
    );
    await this.delete(message);
  }

  async hide({ queue, receiptHandle }: Message, seconds: number): Promise<void> {
    await this.sqs.send(
      new ChangeMessageVisibilityCommand({
        QueueUrl: this.urlOf(queue),
        ReceiptHandle: receiptHandle,
        VisibilityTimeout: seconds,
      }),
    );
  }

  private urlOf(queue: QueueName): string {
    const url = this.urls[queue];
    if (url === undefined) throw new Error(`there is no queue '${queue}'`);
    return url;
  }
}
