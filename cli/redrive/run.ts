/**
 * Moves dead letters back to the job queues. Each is received, sent and then deleted, so an interrupted run leaves it in one
 * of the queues or in both. Both is harmless: a photo that is coloured twice has the same outcome.
 */

export interface DeadLetter {
  id: string;
  body: string;
  /** Message attributes, sent unchanged. */
  attributes: object;
  /** Receipt handle. */
  handle: string;
}

export interface DeadLetters {
  /** @param most 1 to 10. @returns none when the queue is empty */
  receive(most: number): Promise<DeadLetter[]>;
  /** Sends it to the job queue of its photo. */
  send(letter: DeadLetter): Promise<void>;
  delete(letter: DeadLetter): Promise<void>;
  /** Makes it visible again in the dead-letter queue. */
  release(letter: DeadLetter): Promise<void>;
}

export interface RedriveResult {
  /** Sent and deleted, in order; in a dry run, those that would be. */
  moved: DeadLetter[];
  /** Whether the queue was empty at the end. */
  empty: boolean;
  /** The error that ended it early. */
  failure: unknown;
}

export interface RedriveOptions {
  limit: number;
  dryRun: boolean;
  signal: AbortSignal;
  /** Called after each batch. */
  progress: (moved: number) => void;
}

/** Messages per receive, SQS's maximum. */
const BATCH = 10;

/** Never throws, so that the moved messages are reported in any case. */
export async function redrive(queue: DeadLetters, options: RedriveOptions): Promise<RedriveResult> {
  const { limit, dryRun, signal, progress } = options;
  const redriven: RedriveResult = { moved: [], empty: false, failure: undefined };
  const sent = new Set<string>();
  const held: DeadLetter[] = [];

  const move = async (letter: DeadLetter) => {
    if (!sent.has(letter.id)) {
      await queue.send(letter);
      // Before the delete: when that fails, the message returns and must not be sent again.
      sent.add(letter.id);
      redriven.moved.push(letter);
    }
    await queue.delete(letter);
  };
  const look = async (letter: DeadLetter) => {
    held.push(letter);
    if (!sent.has(letter.id)) redriven.moved.push(letter);
    sent.add(letter.id);
  };
  // Messages of a dry run return after a while; then all have been seen.
  const seen = (letters: DeadLetter[]) => letters.every(({ id }) => sent.has(id));

  try {
    while (redriven.moved.length < limit && !redriven.empty) {
      signal.throwIfAborted();
      const letters = await queue.receive(Math.min(BATCH, limit - redriven.moved.length));
      redriven.empty = letters.length === 0 || (dryRun && seen(letters));
      // The rest of a batch is moved although one message fails.
      const moves = await Promise.allSettled(onceEach(letters).map(dryRun ? look : move));
      const failed = moves.find((one) => one.status === 'rejected');
      if (failed) throw failed.reason;
      progress(redriven.moved.length);
    }
  } catch (error) {
    redriven.failure = error;
  }
  // Where this fails they become visible by themselves, a little later.
  await Promise.allSettled(held.map((letter) => queue.release(letter)));
  return redriven;
}

/** When a batch has a message twice, the latest receipt: only that one can still delete it. */
const onceEach = (letters: DeadLetter[]): DeadLetter[] => [
  ...new Map(letters.map((one) => [one.id, one])).values(),
];
