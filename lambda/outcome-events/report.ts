/** From messages of the outcome queue to events: which messages are done, and which SQS delivers again. */
import { parseJobMessage } from '../../contract/job.ts';
import { parseOutcomeKey } from '../../contract/keys.ts';
import type { OutcomeEvent } from '../../contract/outcome-event.ts';
import { eventOf } from './event-of.ts';
import type { Context, OutcomeStore } from './ports.ts';
import { sendEvents, type SendPorts } from './send.ts';

export interface QueueMessage {
  id: string;
  body: string;
}

export interface ReportPorts extends SendPorts {
  context: Context;
  store: OutcomeStore;
}

/** A message with the events of the outcomes that it names; usually one. */
interface Read {
  message: QueueMessage;
  events: OutcomeEvent[];
}

/**
 * Sends the events of some messages.
 *
 * @returns the ids of the messages that have to be delivered again
 */
export async function report(messages: readonly QueueMessage[], ports: ReportPorts): Promise<string[]> {
  const failed = new Set<string>();
  const fail = ({ id }: QueueMessage, error: string) => {
    failed.add(id);
    ports.log({ message: 'outcome-not-reported', messageId: id, error });
  };
  const read = await Promise.all(
    messages.map((message) =>
      eventsOf(message, ports).catch((error: Error): Read => {
        fail(message, error.message);
        return { message, events: [] };
      }),
    ),
  );
  // Two messages may name one outcome: S3 delivers at least once.
  const events = new Map(read.flatMap((one) => one.events).map((event) => [event.id, event]));
  const failures = await sendEvents([...events.values()], ports);
  for (const { message, events: own } of read) {
    const [error] = own.flatMap(({ id }) => failures.get(id) ?? []);
    if (error !== undefined) fail(message, error);
  }
  return [...failed];
}

async function eventsOf(message: QueueMessage, ports: ReportPorts): Promise<Read> {
  const events: OutcomeEvent[] = [];
  for (const { bucket, key } of parseJobMessage(message.body)) {
    const event = bucket === ports.context.bucket ? await eventFor(key, ports) : undefined;
    if (event) events.push(event);
  }
  return { message, events };
}

/**
 * The event of what is stored under a key now, not of what was when a message was sent or a list made: of an outcome that was replaced, the successor counts.
 *
 * @returns undefined where there is nothing, or no outcome of a user's photo
 */
export async function eventFor(
  key: string,
  { store, context }: Pick<ReportPorts, 'store' | 'context'>,
): Promise<OutcomeEvent | undefined> {
  const parsed = parseOutcomeKey(key);
  const outcome = parsed && (await store.read(key, parsed.kind));
  return outcome && eventOf(outcome, context);
}
