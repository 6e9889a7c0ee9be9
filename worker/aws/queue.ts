/** The job queue on SQS. */
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  OverLimit,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { DEAD_LETTER_REASON } from '../../contract/names.ts';
import { InFlightQuotaReached, type JobQueue, type Message } from '../photo/queue.ts';

/**
 * Long-poll time. A receive under way must end before the worker does, so draining an idle instance takes this long; at 5 s
 * an idle instance makes about half a million requests a month.
 */
const RECEIVE_WAIT_SECONDS = 5;

export class SqsJobQueue implements JobQueue {
  constructor(
    private readonly sqs: SQSClient,
    private readonly url: string,
    private readonly deadLetterUrl: string,
  ) {}

  async receive(wait: boolean): Promise<Message | undefined> {
    const receive = new ReceiveMessageCommand({
      QueueUrl: this.url,
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
      id: message.MessageId ?? '',
      body: message.Body ?? '',
      receiptHandle: message.ReceiptHandle,
      receiveCount: Number(message.Attributes?.ApproximateReceiveCount ?? 1),
      sentAtMs: Number(message.Attributes?.SentTimestamp),
    };
  }

  async delete({ receiptHandle }: Message): Promise<void> {
    await this.sqs.send(new DeleteMessageCommand({ QueueUrl: this.url, ReceiptHandle: receiptHandle }));
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

  async hide({ receiptHandle }: Message, seconds: number): Promise<void> {
    await this.sqs.send(
      new ChangeMessageVisibilityCommand({
        QueueUrl: this.url,
        ReceiptHandle: receiptHandle,
        VisibilityTimeout: seconds,
      }),
    );
  }
}
