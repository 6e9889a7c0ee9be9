/** The instances that have room for a message, the one that receives the next first: a binary heap with the place of each. */
import type { LaneWorker } from './lane-worker.ts';

/** Fewest in flight first; of several the one that received its last message first, of new ones the one that was ready first. */
const isBefore = (a: LaneWorker, b: LaneWorker): boolean => {
  if (a.rank !== b.rank) return a.rank < b.rank;
  if (a.lastReceive !== b.lastReceive) return a.lastReceive < b.lastReceive;
  return a.order < b.order;
};

export class Room {
  private readonly heap: LaneWorker[] = [];

  get first(): LaneWorker | undefined {
    return this.heap[0];
  }

  /** Puts an instance where it belongs now; to be called after each change of it. One without room is removed. */
  update(worker: LaneWorker): void {
    if (!worker.receives || !worker.hasRoom) return this.remove(worker);
    // Several may have changed since their own call: each keeps its rank until then, or the heap would not be one.
    worker.rank = worker.inFlight;
    if (worker.place < 0) {
      worker.place = this.heap.length;
      this.heap.push(worker);
    }
    this.settle(worker);
  }

  /** The instance receives no message from now on. */
  leave(worker: LaneWorker): void {
    worker.receives = false;
    this.remove(worker);
  }

  private remove(worker: LaneWorker): void {
    const { place } = worker;
    if (place < 0) return;
    const last = this.heap.pop() as LaneWorker;
    worker.place = -1;
    if (last === worker) return;
    this.put(last, place);
    this.settle(last);
  }

  private put(worker: LaneWorker, place: number): void {
    this.heap[place] = worker;
    worker.place = place;
  }

  /** Moves it up or down until its parent is before it and both children are behind it. */
  private settle(worker: LaneWorker): void {
    const { heap } = this;
    let { place } = worker;
    for (;;) {
      const up = (place - 1) >> 1;
      const parent = heap[up];
      if (place === 0 || !parent || !isBefore(worker, parent)) break;
      this.put(parent, place);
      place = up;
    }
    for (;;) {
      const left = heap[2 * place + 1];
      const right = heap[2 * place + 2];
      const child = left && right && isBefore(right, left) ? right : left;
      if (!child || !isBefore(child, worker)) break;
      const down = child.place;
      this.put(child, place);
      place = down;
    }
    this.put(worker, place);
  }
}
