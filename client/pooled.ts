/** Runs a task for each item of a source, a limited number at once. */

type Step<T, R> = { next: IteratorResult<T> } | { result: R } | { error: unknown };

/**
 * Yields results in the order in which they are ready. An item is taken from the source only when there is room for it.
 *
 * @param outer stops the tasks, as leaving the loop and the first error do
 * @throws what a task or the source throws; the signal's reason
 */
export async function* pooled<T, R>(
  source: Iterable<T> | AsyncIterable<T>,
  limit: number,
  outer: AbortSignal | undefined,
  task: (item: T, signal: AbortSignal) => Promise<R>,
): AsyncGenerator<R, void, void> {
  outer?.throwIfAborted();
  const own = new AbortController();
  // A queue, not Promise.race: an endless source would leave a reaction per item on promises that live as long.
  const ready: Step<T, R>[] = [];
  let wake = () => {};
  const push = (step: Step<T, R>) => {
    ready.push(step);
    wake();
  };
  const fail = (error: unknown) => push({ error });
  const stop = () => {
    fail(outer?.reason);
    own.abort(outer?.reason);
  };
  outer?.addEventListener('abort', stop, { once: true });
  const items = iteratorOf(source);
  let running = 0;
  let isTaking = false;
  let isOver = false;
  try {
    for (;;) {
      if (!isOver && !isTaking && running < limit) {
        isTaking = true;
        void nextOf(items).then((next) => push({ next }), fail);
      }
      if (isOver && running === 0) return;
      while (ready.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      const step = ready.shift()!;
      if ('error' in step) throw step.error;
      if ('result' in step) {
        running--;
        yield step.result;
        continue;
      }
      isTaking = false;
      if (step.next.done) isOver = true;
      else {
        running++;
        void task(step.next.value, own.signal).then((result) => push({ result }), fail);
      }
    }
  } finally {
    outer?.removeEventListener('abort', stop);
    own.abort(new DOMException('The loop has been left.', 'AbortError'));
    // A source that waits for its next item ends when it has it.
    if (!isOver) void Promise.resolve(items.return?.()).catch(() => {});
  }
}

/** Async, so that an error of a source without promises is a rejection too. */
const nextOf = async <T>(items: Iterator<T> | AsyncIterator<T>): Promise<IteratorResult<T>> => items.next();

function iteratorOf<T>(source: Iterable<T> | AsyncIterable<T>): Iterator<T> | AsyncIterator<T> {
  return Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
}
