/**
 * Which queue is served next where photos of several wait: interactive ones, but for every fourth start, which is that of a sidelined photo, and every tenth of
 * all, which is bulk's. Deficit counters, as in deficit round robin (Shreedhar and Varghese 1995): what a queue has been denied is kept, so that starts of
 * several photos at once cost it nothing. Pure.
 */
import { FIRST_PER_SIDELINED, INTERACTIVE_PER_BULK, QUEUES, type QueueName } from '../../contract/lanes.ts';

/** Photos of the queues before it that start before one of a queue that waits. */
const BEFORE = { sidelined: FIRST_PER_SIDELINED, bulk: INTERACTIVE_PER_BULK };

type Yielding = keyof typeof BEFORE;
const YIELDING = Object.keys(BEFORE) as Yielding[];

/** Queues whose photos start before those of this one, but for its turn. */
export const queuesBefore = (queue: QueueName): readonly QueueName[] =>
  QUEUES.slice(0, QUEUES.indexOf(queue));

export class QueueShare {
  /** Photos of the queues before it that started while one of it waited, less those for which it has had its start. */
  private readonly denied: Record<Yielding, number> = { sidelined: 0, bulk: 0 };

  /** Whether a photo of this queue that waits starts before those of the queues before it. */
  isTurnOf(queue: QueueName): boolean {
    return queue !== 'interactive' && this.denied[queue] >= BEFORE[queue];
  }

  /** The queues, in the order in which their photos start next. */
  get order(): readonly QueueName[] {
    const isTurn = (queue: QueueName) => this.isTurnOf(queue);
    return [...QUEUES.filter(isTurn).reverse(), ...QUEUES.filter((queue) => !isTurn(queue))];
  }

  /**
   * Records a start.
   *
   * @param photos that started
   * @param waits whether a photo of a queue waited
   */
  started(queue: QueueName, photos: number, waits: (queue: QueueName) => boolean): void {
    for (const one of YIELDING) {
      if (one === queue) this.denied[one] = Math.max(0, this.denied[one] - BEFORE[one] * photos);
      else if (queuesBefore(one).includes(queue))
        this.denied[one] = waits(one) ? this.denied[one] + photos : 0;
    }
  }

  /** No photo of the queue waits: it has been denied nothing. */
  noneWaits(queue: QueueName): void {
    if (queue !== 'interactive') this.denied[queue] = 0;
  }
}
