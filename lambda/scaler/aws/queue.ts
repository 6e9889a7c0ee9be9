/** The queues' counts from SQS, and a look at their messages. */
import {
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  type Message,
  type QueueAttributeName,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { parseJobMessage } from '../../../contract/job.ts';
import type { QueueName } from '../../../contract/lanes.ts';
import type { Counts } from '../ports.ts';

/** Queues that a stage has not are undefined or empty. */
export type QueueUrls = { interactive: string } & { [queue in QueueName]?: string | undefined };

/** Receives of one look: SQS may return fewer messages than it has. */
const MAX_RECEIVES = 3;
/** Seconds for which a look hides what it found; an instance takes longer to boot. */
const HIDDEN_SECONDS = 3;

export class SqsCounts implements Counts {
  readonly hasPhoto: Counts['hasPhoto'];
  readonly hasBulkPhoto: Counts['hasBulkPhoto'];
  readonly readBulk: Counts['readBulk'];

  /**
   * @param hasJobs whether the queues' messages are jobs of photos; others are not looked at
   */
  constructor(
    private readonly sqs: SQSClient,
    private readonly urls: QueueUrls,
    hasJobs: boolean,
  ) {
    const { interactive, sidelined, bulk } = urls;
    this.hasPhoto = hasJobs
      ? async () => (await this.look(interactive)) || (sidelined ? this.look(sidelined) : false)
      : undefined;
    this.hasBulkPhoto = hasJobs && bulk ? () => this.look(bulk) : undefined;
    this.readBulk = bulk ? () => this.readCounts(bulk) : undefined;
  }

  async read() {
    const { interactive, sidelined } = this.urls;
    const [first, second] = await Promise.all([
      this.readCounts(interactive),
      sidelined ? this.readCounts(sidelined) : undefined,
    ]);
    if (!second) return first;
    return {
      visible: first.visible + second.visible,
      inFlight: first.inFlight + second.inFlight,
      sidelined: second.visible,
    };
  }

  private async readCounts(queueUrl: string) {
    const { Attributes } = await this.sqs.send(
      new GetQueueAttributesCommand({
        QueueUrl: queueUrl,
        AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
      }),
    );
    const count = (name: QueueAttributeName) => {
      // Number('') would be 0, and unknown is never zero.
      const text = Attributes?.[name];
      if (text === undefined || !/^\d{1,15}$/.test(text))
        throw new Error(`${queueUrl} gave ${name} as '${text}'`);
      return Number(text);
    };
    return {
      visible: count('ApproximateNumberOfMessages'),
      inFlight: count('ApproximateNumberOfMessagesNotVisible'),
    };
  }

  private async look(queueUrl: string): Promise<boolean> {
    for (let receive = 0; receive < MAX_RECEIVES; receive++) {
      const { Messages = [] } = await this.sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: queueUrl,
          MaxNumberOfMessages: 10,
          VisibilityTimeout: HIDDEN_SECONDS,
          // With a wait SQS asks all its servers; without one it may return nothing although there is a message.
          WaitTimeSeconds: 1,
        }),
      );
      if (Messages.length === 0) return false;
      const empty = Messages.filter(hasNoPhoto);
      if (empty.length > 0) await this.delete(queueUrl, empty);
      if (empty.length < Messages.length) return true;
    }
    return false;
  }

  private async delete(queueUrl: string, messages: Message[]): Promise<void> {
    await this.sqs.send(
      new DeleteMessageBatchCommand({
        QueueUrl: queueUrl,
        Entries: messages.map(({ ReceiptHandle }, k) => ({ Id: String(k), ReceiptHandle })),
      }),
    );
  }
}

/** A message that is no job wakes the fleet: its worker puts it where an operator sees it. */
function hasNoPhoto({ Body = '' }: Message): boolean {
  try {
    return parseJobMessage(Body).length === 0;
  } catch {
    return false;
  }
}
