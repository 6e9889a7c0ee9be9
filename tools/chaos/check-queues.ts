/** Whether each job queue did its part: its photos were started by its name, the scaler saw it, and bulk photos met their deadline. */
import { laneOfQueue, QUEUES, type QueueName } from '../../contract/lanes.ts';
import { failedKey, resultKey } from '../../contract/keys.ts';
import { photoLogId } from '../../contract/trace.ts';
import type { StoredOutcome } from './outcomes.ts';
import type { Upload } from './uploads.ts';

export interface QueueFigures {
  photos: number;
  /** Lines `photo-started` of its photos, of further attempts too. */
  starts: number;
  /** From a photo's upload to its outcome, at most; null without an outcome. */
  longestSeconds: number | null;
  /** Most messages that the scaler published: of the first queue with the sidelined ones; null: it published none. */
  mostVisible: number | null;
}

export interface QueueCheck {
  queues: Record<QueueName, QueueFigures>;
  deadlineSeconds: number;
  /** Most that the scaler published of the deadline that the oldest bulk photo had used, per cent; null likewise. */
  deadlineUsed: number | null;
  problems: string[];
}

export interface QueueFacts {
  bucket: string;
  photos: Iterable<Pick<Upload, 'queue' | 'key' | 'uploadedAtMs'>>;
  outcomes: ReadonlyMap<string, StoredOutcome>;
  /** Lines of all workers. */
  lines: readonly string[];
  deadlineSeconds: number;
  /** Largest values of the scaler's metrics; null: none. */
  published: { visible: Record<QueueName, number | null>; deadlineUsed: number | null };
}

/** Of fewer photos none may have waited at a tick. */
const ENOUGH = 20;

export function checkQueues({
  bucket,
  outcomes,
  lines,
  deadlineSeconds,
  published,
  ...facts
}: QueueFacts): QueueCheck {
  const problems: string[] = [];
  const { visible, deadlineUsed } = published;
  const figuresOf = (queue: QueueName): QueueFigures => ({
    ...{ photos: 0, starts: 0, longestSeconds: null, mostVisible: visible[queue] },
  });
  const queues: Record<QueueName, QueueFigures> = {
    interactive: figuresOf('interactive'),
    sidelined: figuresOf('sidelined'),
    bulk: figuresOf('bulk'),
  };
  const queueByPhoto = new Map<string, QueueName>();
  for (const { queue, key, uploadedAtMs } of facts.photos) {
    const figures = queues[queue];
    figures.photos++;
    queueByPhoto.set(photoLogId(bucket, key), queue);
    const { storedAtMs } = outcomes.get(resultKey(key)) ?? outcomes.get(failedKey(key)) ?? {};
    if (storedAtMs === undefined) continue;
    const seconds = Math.max(0, (storedAtMs - uploadedAtMs) / 1000);
    figures.longestSeconds = Math.max(figures.longestSeconds ?? 0, seconds);
    if (queue === 'bulk' && seconds > deadlineSeconds)
      problems.push(
        `'${key}' has its outcome ${Math.round(seconds)} s after its upload, of ${deadlineSeconds} s`,
      );
  }
  for (const line of lines) {
    const { event, photo = '', lane, queue = lane } = parsed(line);
    const own = queueByPhoto.get(photo);
    if (event !== 'photo-started' || own === undefined) continue;
    queues[own].starts++;
    if (queue !== own || lane !== laneOfQueue(own))
      problems.push(`${photo} of the queue '${own}' was started as one of '${queue}', in the lane '${lane}'`);
  }
  for (const name of QUEUES) {
    const { photos, starts, mostVisible } = queues[name];
    if (photos > 0 && starts === 0)
      problems.push(`none of the ${photos} photos of the queue '${name}' was started`);
    if (photos >= ENOUGH && !mostVisible)
      problems.push(`the scaler has seen no photo of the queue '${name}'`);
  }
  if (queues.bulk.photos >= ENOUGH && deadlineUsed === null)
    problems.push('the scaler has not published how much of its deadline the bulk lane had used');
  return { queues, deadlineSeconds, deadlineUsed, problems };
}

interface Line {
  event?: string;
  photo?: string;
  lane?: string;
  /** Where it is not the first one of its lane. */
  queue?: string;
}

function parsed(line: string): Line {
  try {
    return (JSON.parse(line) ?? {}) as Line;
  } catch {
    return {};
  }
}

/** In words, by queue. */
export const queueLine = ({ queues, deadlineSeconds, deadlineUsed }: QueueCheck): string =>
  [
    ...QUEUES.map((name) => {
      const { photos, longestSeconds, mostVisible } = queues[name];
      const longest = longestSeconds === null ? 'no outcome' : `${Math.round(longestSeconds)} s at most`;
      return `${name} ${photos} photos, ${longest}, ${mostVisible ?? 'no'} visible`;
    }),
    `${deadlineUsed === null ? 'nothing' : `${deadlineUsed.toFixed(1)} %`} of the deadline of ${deadlineSeconds} s used`,
  ].join('; ');
