/**
 * Dead letters back to the queue: each is received, sent, and only then deleted, so that one which a run dies over is in
 * one of the two queues, or in both. In both does no harm: a photo that is coloured twice has the same end.
 */

export interface DeadLetter {
  id: string;
  body: string;
  /** Whatever else it carries; sent along as it is. */
  attributes: object;
  /** By which this receipt of it is deleted. */
  handle: string;
}

export interface DeadLetters {
  /** @returns none when the queue is empty. @param most 1 to 10 */
  receive(most: number): Promise<DeadLetter[]>;
  /** To the queue of jobs. */
  send(letter: DeadLetter): Promise<void>;
  delete(letter: DeadLetter): Promise<void>;
  /** Back where it was, for whoever looks next. */
  release(letter: DeadLetter): Promise<void>;
}

export interface RedriveResult {
  /** Sent and deleted, in order; of a dry run, what would have been. */
  moved: DeadLetter[];
  /** Whether the queue was empty in the end. */
  empty: boolean;
  /** What ended it before that. */
  failure: unknown;
}

export interface RedriveOptions {
  limit: number;
  dryRun: boolean;
  signal: AbortSignal;
  /** Told after each handful. */
  progress: (moved: number) => void;
}

/** What SQS gives at a time. */
const HANDFUL = 10;

/** Never throws: what was moved is told whatever happens. */
export async function redrive(queue: DeadLetters, options: RedriveOptions): Promise<RedriveResult> {
  const { limit, dryRun, signal, progress } = options;
  const redriven: RedriveResult = { moved: [], empty: false, failure: undefined };
  const sent = new Set<string>();
  const held: DeadLetter[] = [];

  const move = async (letter: DeadLetter) => {
    if (!sent.has(letter.id)) {
      await queue.send(letter);
      // Before it is deleted: should that fail, it comes again, and is not to be sent again.
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
  // What a dry run leaves comes again after a while: then it has seen what there is.
  const seen = (letters: DeadLetter[]) => letters.every(({ id }) => sent.has(id));

  try {
    while (redriven.moved.length < limit && !redriven.empty) {
      signal.throwIfAborted();
      const letters = await queue.receive(Math.min(HANDFUL, limit - redriven.moved.length));
      redriven.empty = letters.length === 0 || (dryRun && seen(letters));
      // The rest of a handful is moved although one of it fails.
      const tries = await Promise.allSettled(onceEach(letters).map(dryRun ? look : move));
      const failed = tries.find((one) => one.status === 'rejected');
      if (failed) throw failed.reason;
      progress(redriven.moved.length);
    }
  } catch (error) {
    redriven.failure = error;
  }
  // They come back by themselves where this fails, a little later.
  await Promise.allSettled(held.map((letter) => queue.release(letter)));
  return redriven;
}

/** Of a letter that a handful holds twice, the latest receipt: by an earlier one it may not be deleted any more. */
const onceEach = (letters: DeadLetter[]): DeadLetter[] => [
  ...new Map(letters.map((one) => [one.id, one])).values(),
];
