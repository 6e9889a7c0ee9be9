/** Deletes photos one by one, several at a time: each has its answer, and one that fails leaves the others. */
import { pooled } from '../../client/pooled.ts';

/** `gone`: there is no such photo, or no longer. */
export type Answer = 'cancelled' | 'deleted' | 'gone';

export interface Deletion {
  id: string;
  answer: Answer | Error;
}

/** Deletions at a time: each is some ten requests, one after another. */
const AT_ONCE = 8;

/** Looks at an index that follows its table after a moment. */
const MOST_LOOKS = 3;

export interface DeletePorts {
  /** @throws Error where it could not be deleted, or not with certainty */
  delete: (id: string) => Promise<Answer>;
  /** Called with each deletion as it ends. */
  report: (deletion: Deletion) => void;
  signal: AbortSignal;
}

/** @throws the signal's reason: what was begun is then done, or can be repeated */
export async function deleteAll(ids: readonly string[], ports: DeletePorts): Promise<Deletion[]> {
  const { signal, report } = ports;
  const done: Deletion[] = [];
  for await (const deletion of pooled(ids, AT_ONCE, signal, (id) => one(id, ports))) {
    done.push(deletion);
    report(deletion);
  }
  return done;
}

const one = (id: string, ports: DeletePorts): Promise<Deletion> =>
  ports.delete(id).then(
    (answer): Deletion => ({ id, answer }),
    (error: Error): Deletion => ({ id, answer: error }),
  );

/**
 * Deletes what a list finds, and looks again for photos that were announced meanwhile, or that the list did not have yet.
 *
 * @param list ids of the photos that are there; may have some that are gone already
 */
export async function deleteListed(
  first: readonly string[],
  list: () => Promise<string[]>,
  ports: DeletePorts,
): Promise<Deletion[]> {
  const done = new Map<string, Deletion>();
  let ids = first;
  for (let look = 0; look < MOST_LOOKS && ids.length > 0; look++) {
    for (const deletion of await deleteAll(ids, ports)) done.set(deletion.id, deletion);
    ids = (await list()).filter((id) => !done.has(id));
  }
  return [...done.values()];
}
