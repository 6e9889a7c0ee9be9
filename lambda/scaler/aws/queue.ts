/** The queue's counts from SQS. */
import { GetQueueAttributesCommand, type QueueAttributeName, type SQSClient } from '@aws-sdk/client-sqs';
import type { Counts } from '../ports.ts';

export class SqsCounts implements Counts {
  constructor(
    private readonly sqs: SQSClient,
    private readonly queueUrl: string,
  ) {}

  async read() {
    const { Attributes } = await this.sqs.send(
      new GetQueueAttributesCommand({
        QueueUrl: this.queueUrl,
        AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
      }),
    );
    const count = (name: QueueAttributeName) => {
      // Number('') would be 0, and unknown is never zero.
      const text = Attributes?.[name];
      if (text === undefined || !/^\d{1,15}$/.test(text))
        throw new Error(`${this.queueUrl} gave ${name} as '${text}'`);
      return Number(text);
    };
    return {
      visible: count('ApproximateNumberOfMessages'),
      inFlight: count('ApproximateNumberOfMessagesNotVisible'),
    };
  }
}
