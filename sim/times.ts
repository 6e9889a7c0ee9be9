/** Settings of the world that are times: a period, and the albums of the bulk lane. */
import { UsageError } from '../common/errors.ts';

export const MOST_SECONDS = 1e9;
const MOST_PHOTOS = 1_000_000;

/**
 * Parses a period, FROM:TO in seconds.
 *
 * @throws UsageError when it is not of that form, or ends before it begins
 */
export function periodOf(name: string, text: string): { from: number; to: number } {
  const [from = NaN, to = NaN, ...more] = text
    .split(':')
    .map((part) => (part.trim() === '' ? NaN : Number(part)));
  if (more.length === 0 && from >= 0 && to >= from && to <= MOST_SECONDS) return { from, to };
  throw new UsageError(
    `${name} is '${text}': expected FROM:TO, seconds from 0 to ${MOST_SECONDS}, such as 3600:25200`,
  );
}

/**
 * Parses albums, COUNT@SECONDS joined by +.
 *
 * @returns the arrival of each of their photos, seconds, ascending
 * @throws UsageError when one is not of that form
 */
export function bulkArrivalsOf(text: string): Float64Array {
  const albums = text.split('+').map((part) => {
    const [count = NaN, at = NaN, ...more] = part
      .split('@')
      .map((value) => (value.trim() === '' ? NaN : Number(value)));
    const isCount = Number.isInteger(count) && count >= 1 && count <= MOST_PHOTOS;
    if (more.length === 0 && isCount && at >= 0 && at <= MOST_SECONDS) return { count, at };
    throw new UsageError(
      `bulk is '${text}': expected COUNT@SECONDS, photos from 1 to ${MOST_PHOTOS}, such as 5000@1800 or 5000@1800+200@4000`,
    );
  });
  return Float64Array.from(albums.flatMap(({ count, at }) => Array<number>(count).fill(at))).sort();
}
