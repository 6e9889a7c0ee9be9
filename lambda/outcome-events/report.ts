/** From messages of the outcome queue to events: which messages are done, and which SQS delivers again. */
import { parseJobMessage } from '../../contract/job.ts';
import { parseOutcomeKey } from '../../contract/keys.ts';
import type { OutcomeEvent } from '../../contract/outcome-event.ts';
import { photoLogId } from '../../contract/trace.ts';
import { eventOf } from './event-of.ts';
import type { Context, Destination, OutcomeStore } from './ports.ts';

export interface QueueMessage {
  id: string;
  body: string;
}

export interface ReportPorts {
  context: Context;
  store: OutcomeStore;
  /** Each gets every event. */
  destinations: readonly Destination[];
  log: (line: Record<string, unknown>) => void;
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
  const events = [...new Map(read.flatMap((one) => one.events).map((event) => [event.id, event])).values()];
  if (events.length > 0) {
    const refused = await Promise.all(ports.destinations.map((one) => sent(one, events)));
    for (const { message, events: own } of read) {
      const isRefused = own.some(({ id }) => refused.some(({ ids }) => ids.has(id)));
      const errors = refused.flatMap(({ error }) => error ?? []);
      if (isRefused) fail(message, errors.join('; ') || 'refused');
    }
    for (const { id, type, data } of events) {
      if (refused.some(({ ids }) => ids.has(id))) continue;
      const { bucket, photo, trace, lane } = data;
      const fields = { event: id, type, photo: photoLogId(bucket, photo.key), trace, lane };
      ports.log({ message: 'outcome-reported', ...fields });
    }
  }
  return [...failed];
}

/** A destination that fails has accepted nothing. */
async function sent(
  destination: Destination,
  events: readonly OutcomeEvent[],
): Promise<{ ids: ReadonlySet<string>; error?: string }> {
  try {
    return { ids: await destination.send(events) };
  } catch (error) {
    return { ids: new Set(events.map(({ id }) => id)), error: (error as Error).message };
  }
}

async function eventsOf(message: QueueMessage, { context, store }: ReportPorts): Promise<Read> {
  const events: OutcomeEvent[] = [];
  for (const { bucket, key } of parseJobMessage(message.body)) {
    const parsed = bucket === context.bucket ? parseOutcomeKey(key) : undefined;
    if (!parsed) continue;
    // What is stored now, not what was when the message was sent: of an outcome that was replaced, the successor counts.
    const outcome = await store.read(key, parsed.kind);
    const event = outcome && eventOf(outcome, context);
    if (event) events.push(event);
  }
  return { message, events };
}
