/** Which of the waiting photos go into the next prompt. Pure. */
import type { Options } from './options.ts';

/** A photo that is ready for ComfyUI. */
export interface Ready {
  options: Options;
  /**
   * Side of its plane, in pixels.
   *
   * @default the workflow's
   */
  size?: number | undefined;
}

/** Photos with the same one may share a prompt: options are inputs of the graph, one value for all its photos. */
const keyOf = ({ options }: Ready): string =>
  JSON.stringify(Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1)));

/**
 * The photo that has waited longest, with those after it that have the same options.
 *
 * @param waiting in the order they came
 * @param max of photos of the usual size; as many fewer of a larger one as it has more pixels, so that a prompt takes no more memory
 * @param usual side of those
 * @returns at most `max` of them, in that order; none where none waits
 */
export function nextBatch<T extends Ready>(waiting: readonly T[], max: number, usual = 0): T[] {
  const [first] = waiting;
  if (!first) return [];
  const key = keyOf(first);
  const { size = usual } = first;
  const most = size > usual ? Math.floor(max * (usual / size) ** 2) : max;
  return waiting.filter((one) => keyOf(one) === key).slice(0, Math.max(1, most));
}
