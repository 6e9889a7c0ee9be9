/**
 * The sweep: finds outcomes in the bucket whose event was never sent, and sends it, with the id and the body that it always has.
 *
 * S3 did not notify, a message was lost with its queue, or died there. A run that ends early goes on at the same place in the next one; whatever is compared
 * twice is sent twice at most.
 */
import { OUTCOME_FOLDERS } from '../../../contract/lanes.ts';
import type { OutcomeEvent } from '../../../contract/outcome-event.ts';
import type { ListedOutcome, OutcomeListing, SentEvents, SweepStore } from '../ports.ts';
import { eventFor, type ReportPorts } from '../report.ts';
import { fieldsOf, sendEvents } from '../send.ts';
import { advanced, begun, isCompared } from './pass.ts';

export interface LostPorts extends Omit<ReportPorts, 'sent'> {
  listing: OutcomeListing;
  sent: SentEvents;
  sweep: SweepStore;
  /** Counts events that were found, where there are any. */
  publish: (found: number) => Promise<void>;
}

/** A run begins no page after these seconds; the rest is for the last page. */
export const BUDGET_SECONDS = 600;
/** Outcomes that are read and sent at a time. */
const AT_ONCE = 10;

/** @throws Error at the end of a run that could not send an event: the errors of the function have an alarm */
export async function findLost(ports: LostPorts): Promise<void> {
  const { sweep, listing, now } = ports;
  const startedAt = now();
  const before = await sweep.read();
  let state = begun(before, startedAt);
  if (state !== before) await sweep.write(state);
  let unsent = 0;
  while (state.pass && now() - startedAt < BUDGET_SECONDS) {
    const { folder, after } = state.pass;
    const { outcomes, isLast } = await listing.page(OUTCOME_FOLDERS[folder] ?? '', after);
    const due = outcomes.filter(({ storedAt }) => isCompared(storedAt, state));
    const failed = await sendLost(due, ports);
    unsent += failed;
    const page = { last: outcomes.at(-1)?.key, isLast, isClean: failed === 0 };
    state = advanced(state, page, OUTCOME_FOLDERS.length);
    await sweep.write(state);
  }
  if (unsent > 0) throw new Error(`${unsent} lost events could not be sent: the next pass tries them again`);
}

/** @returns of how many the event could not be sent */
async function sendLost(due: readonly ListedOutcome[], ports: LostPorts): Promise<number> {
  const sent =
    due.length === 0 ? new Map<string, number>() : await ports.sent.sent(due.map(({ key }) => key));
  // An outcome that is later than the one whose event was sent has replaced it.
  const lost = due.filter(({ key, storedAt }) => (sent.get(key) ?? -Infinity) < storedAt);
  let unsent = 0;
  let found = 0;
  for (let from = 0; from < lost.length; from += AT_ONCE) {
    const events = await Promise.all(
      lost.slice(from, from + AT_ONCE).map(({ key }) =>
        eventFor(key, ports).catch((error: Error) => {
          unsent += 1;
          ports.log({ message: 'lost-event-not-sent', error: error.message });
          return undefined;
        }),
      ),
    );
    const there = events.filter((event): event is OutcomeEvent => event !== undefined);
    const failures = await sendEvents(there, ports);
    for (const event of there) {
      const error = failures.get(event.id);
      if (error !== undefined) unsent += 1;
      const what =
        error === undefined ? { message: 'lost-event-sent' } : { message: 'lost-event-not-sent', error };
      ports.log({ ...what, ...fieldsOf(event), timestamp: event.timestamp });
      if (error === undefined) found += 1;
    }
  }
  if (found > 0) await ports.publish(found);
  return unsent;
}
