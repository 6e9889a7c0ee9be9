/** The heap of instances with room for a message: the order of a search through all of them. */
import { describe, expect, it } from 'vitest';
import { LaneWorker } from '../../sim/engine/lane-worker.ts';
import { Room } from '../../sim/engine/room.ts';
import { draws } from '../../sim/random.ts';
import { workerModelOf } from '../../sim/worker-model.ts';

const model = workerModelOf('g4dn.xlarge', [{ megapixels: 12 }]);

/** Fewest in flight; then the earliest last receive; then the order of readiness. */
const searched = (workers: LaneWorker[]): LaneWorker | undefined =>
  workers
    .filter(({ receives, hasRoom }) => receives && hasRoom)
    .sort((a, b) => a.inFlight - b.inFlight || a.lastReceive - b.lastReceive || a.order - b.order)[0];

describe('the heap of instances with room', () => {
  it('has the one first that a search finds, while messages come, photos end, and instances come and go', () => {
    const draw = draws(1, 'trace-room');
    let drawn = 0;
    const below = (count: number) => Math.floor(count * draw(drawn++));
    const room = new Room();
    const workers: LaneWorker[] = [];
    let message = 0;
    for (let step = 0; step < 2000; step++) {
      const chosen = below(10);
      const some = workers[below(workers.length)];
      if (chosen === 0 || !some) {
        const worker = new LaneWorker(workers.length, model, workers.length);
        workers.push(worker);
        room.update(worker);
      } else if (chosen < 6) {
        const { first } = room;
        first?.receive(message, message++);
        if (first) room.update(first);
      } else if (chosen < 9) {
        // Several change at the same instant before the heap hears of any.
        const changed = [some, workers[below(workers.length)]!];
        for (const worker of changed) for (const held of worker.held().slice(0, 2)) finish(worker, held);
        for (const worker of changed) room.update(worker);
      } else if (below(10) === 0) room.leave(some);
      expect(room.first).toBe(searched(workers));
    }
    expect(workers.filter(({ receives }) => !receives).length).toBeGreaterThan(3);
  });
});

/** Takes a photo through all its steps. */
function finish(worker: LaneWorker, message: number): void {
  for (let next = worker.takePhoto(); next; next = worker.takePhoto()) {
    if (next.step === 'finish') worker.finished(next.message);
    else worker.prepared(next.message);
    if (worker.takePrompt() > 0) worker.coloured();
    if (next.message === message && next.step === 'finish') return;
  }
}
