/** The dead-letter queue and the job queues on SQS. */
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
  type MessageAttributeValue,
} from '@aws-sdk/client-sqs';
import { UserError } from '../../common/errors.ts';
import { queueOfMessage } from '../../contract/job.ts';
import type { QueueName } from '../../contract/lanes.ts';
import { awsCall } from '../shared/aws-errors.ts';
import type { ClientConfig } from '../shared/deployment.ts';
import type { DeadLetters, DeadLetter } from './run.ts';

/** Long enough to send and delete a batch, and for a dry run to read them all. */
const VISIBILITY_SECONDS = 60;
/** A long poll asks all SQS servers; a short one may miss messages. */
const WAIT_SECONDS = 1;
const TRACE = 'AWSTraceHeader';
const FROM_NEEDS =
  'sqs:ReceiveMessage, sqs:DeleteMessage, sqs:ChangeMessageVisibility and sqs:GetQueueAttributes on the dead-letter queue';
const TO_NEEDS = 'sqs:SendMessage on the job queues';

type Attributes = Record<string, MessageAttributeValue>;

export type JobQueueUrls = Record<QueueName, string>;

/** @param to a message goes to the queue of its photo. @param signal stops receiving; messages already received are still moved */
export function deadLettersOf(
  config: ClientConfig,
  from: string,
  to: JobQueueUrls,
  signal: AbortSignal,
): DeadLetters & { left(): Promise<{ waiting: number; held: number }> } {
  const sqs = new SQSClient(config);
  const never = new AbortController().signal;
  const ofFrom = <T>(call: () => Promise<T>) => awsCall(`queue ${from}`, FROM_NEEDS, never, call);
  return {
    async receive(most) {
      const receive = new ReceiveMessageCommand({
        QueueUrl: from,
        MaxNumberOfMessages: most,
        VisibilityTimeout: VISIBILITY_SECONDS,
        WaitTimeSeconds: WAIT_SECONDS,
        MessageAttributeNames: ['All'],
        MessageSystemAttributeNames: [TRACE],
      });
      const { Messages = [] } = await awsCall(`queue ${from}`, FROM_NEEDS, signal, () =>
        sqs.send(receive, { abortSignal: signal }),
      );
      return Messages.map(({ MessageId, Body, ReceiptHandle, MessageAttributes, Attributes: system }) => ({
        id: MessageId ?? '',
        body: Body ?? '',
        handle: ReceiptHandle ?? '',
        attributes: { MessageAttributes, MessageSystemAttributes: traceOf(system?.[TRACE]) },
      }));
    },
    async send({ body, attributes }: DeadLetter) {
      const QueueUrl = to[queueOfMessage(body)];
      const send = new SendMessageCommand({ QueueUrl, MessageBody: body, ...attributes });
      await awsCall(`queue ${QueueUrl}`, TO_NEEDS, never, () => sqs.send(send));
    },
    async delete({ handle }) {
      await ofFrom(() => sqs.send(new DeleteMessageCommand({ QueueUrl: from, ReceiptHandle: handle })));
    },
    async release({ handle }) {
      const command = new ChangeMessageVisibilityCommand({
        QueueUrl: from,
        ReceiptHandle: handle,
        VisibilityTimeout: 0,
      });
      await ofFrom(() => sqs.send(command));
    },
    async left() {
      const names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
      const command = new GetQueueAttributesCommand({ QueueUrl: from, AttributeNames: [...names] });
      const { Attributes: counts = {} } = await ofFrom(() => sqs.send(command));
      const [waiting = NaN, held = NaN] = names.map((name) => Number(counts[name] ?? NaN));
      if (Number.isNaN(waiting + held)) throw new UserError(`queue ${from} gave no counts.`);
      return { waiting, held };
    },
  };
}

const traceOf = (trace: string | undefined): Attributes | undefined =>
  trace === undefined ? undefined : { [TRACE]: { DataType: 'String', StringValue: trace } };
