/** Sends events to every destination, and records those that all have accepted. */
import type { OutcomeEvent } from '../../contract/outcome-event.ts';
import { photoLogId } from '../../contract/trace.ts';
import type { Destination, SentEvents } from './ports.ts';

export interface SendPorts {
  /** Each gets every event. */
  destinations: readonly Destination[];
  sent: Pick<SentEvents, 'add'>;
  log: (line: Record<string, unknown>) => void;
  /** Epoch seconds. */
  now: () => number;
}

/** What a log line has of an event: no name. */
export const fieldsOf = ({ id, type, data: { bucket, photo, trace, lane } }: OutcomeEvent) => ({
  ...{ event: id, type, photo: photoLogId(bucket, photo.key), trace, lane },
});

/**
 * @param events each with another id
 * @returns why an event was not accepted everywhere, by id
 */
export async function sendEvents(
  events: readonly OutcomeEvent[],
  { destinations, sent, log, now }: SendPorts,
): Promise<ReadonlyMap<string, string>> {
  const failures = new Map<string, string>();
  if (events.length === 0) return failures;
  for (const { ids, error } of await Promise.all(destinations.map((one) => refusedBy(one, events))))
    for (const id of ids) failures.set(id, [failures.get(id), error].filter(Boolean).join('; '));
  const accepted = events.filter(({ id }) => !failures.has(id));
  for (const event of accepted) log({ message: 'outcome-reported', ...fieldsOf(event) });
  if (accepted.length > 0)
    // The event is sent: without its row the sweep sends it once more.
    await sent
      .add(accepted, now())
      .catch((error: Error) => log({ message: 'sent-event-not-recorded', error: error.message }));
  return failures;
}

/** A destination that fails has accepted nothing. */
async function refusedBy(
  destination: Destination,
  events: readonly OutcomeEvent[],
): Promise<{ ids: ReadonlySet<string>; error: string }> {
  try {
    return { ids: await destination.send(events), error: 'refused' };
  } catch (error) {
    return { ids: new Set(events.map(({ id }) => id)), error: (error as Error).message };
  }
}
