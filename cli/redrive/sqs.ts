/** The queue of dead letters, and that of jobs, on SQS. */
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
import { awsCall } from '../shared/aws-errors.ts';
import type { ClientConfig } from '../shared/deployment.ts';
import type { DeadLetters, DeadLetter } from './run.ts';

/** For a handful to be sent and deleted; for a dry run, to look through all. */
const HELD_SECONDS = 60;
/** SQS asks all of its machines only when it is waited for. */
const WAIT_SECONDS = 1;
const TRACE = 'AWSTraceHeader';
const FROM_NEEDS =
  'sqs:ReceiveMessage, sqs:DeleteMessage, sqs:ChangeMessageVisibility and sqs:GetQueueAttributes on the queue of dead letters';
const TO_NEEDS = 'sqs:SendMessage on the queue of jobs';

type Attributes = Record<string, MessageAttributeValue>;

/** @param signal not heeded once a letter is received: what is begun is ended */
export function deadLettersOf(
  config: ClientConfig,
  from: string,
  to: string,
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
        VisibilityTimeout: HELD_SECONDS,
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
      const send = new SendMessageCommand({ QueueUrl: to, MessageBody: body, ...attributes });
      await awsCall(`queue ${to}`, TO_NEEDS, never, () => sqs.send(send));
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
