/**
 * Instances that work as the worker does: image processes prepare and finish photos, the GPU takes what is prepared in prompts of
 * several, and some messages are in flight that have not started.
 *
 * Of one instant, everything that ends comes first; then the GPU takes a prompt, image processes take photos (those to finish first), and
 * each waiting message goes to the instance with the fewest in flight.
 */
import { draws, logNormal } from '../random.ts';
import { aloneSeconds, type ProcessSeconds, type WorkerModel } from '../worker-model.ts';
import { EVENT } from './events.ts';
import { LaneWorker } from './lane-worker.ts';
import { Room } from './room.ts';
import type { Work, WorkPorts } from './work.ts';

export class Lanes implements Work {
  private readonly model: WorkerModel;
  /** By instance; undefined before it is ready, and once it has stopped. */
  private readonly workers: (LaneWorker | undefined)[] = [];
  /** Those that receive messages. */
  private readonly room = new Room();
  private ready = 0;
  private touched: LaneWorker[] = [];
  private receives = 0;
  private readonly receivedAt: Float64Array;
  private readonly seconds: (job: number) => ProcessSeconds;

  constructor(private readonly ports: WorkPorts & { model: WorkerModel }) {
    const { model, world, seed, fleet, messages } = ports;
    this.model = model;
    this.receivedAt = new Float64Array(messages.at.length);
    this.seconds = processSeconds(model, seed, world.serviceSigma);
    fleet.onReady = (id) => {
      const worker = new LaneWorker(id, model, this.ready++, ports.isBulk);
      this.workers[id] = worker;
      this.room.update(worker);
    };
    fleet.onDraining = (id, at) => this.drain(id, at);
    fleet.onStopped = (id) => {
      const worker = this.workers[id];
      if (worker) this.room.leave(worker);
      this.workers[id] = undefined;
    };
  }

  dispatch(at: number): void {
    const { queue } = this.ports;
    for (const worker of this.touched) this.start(worker, at);
    this.touched = [];
    while (queue.size > 0) {
      const worker = this.room.first;
      if (!worker) break;
      this.receive(worker, queue.shift(), at);
    }
    this.dispatchBulk(at);
  }

  /** What interactive messages leave: each goes to the instance with the fewest in flight that has room for it. */
  private dispatchBulk(at: number): void {
    const { bulk } = this.ports;
    if (bulk.size === 0) return;
    const withRoom = this.workers.filter((worker) => worker?.hasBulkRoom) as LaneWorker[];
    while (bulk.size > 0 && withRoom.length > 0) {
      const first = withRoom.reduce((a, b) => (b.inFlight < a.inFlight ? b : a));
      this.receive(first, bulk.shift(), at);
      if (!first.hasBulkRoom) withRoom.splice(withRoom.indexOf(first), 1);
    }
  }

  private receive(worker: LaneWorker, message: number, at: number): void {
    this.receivedAt[message] = at;
    worker.receive(message, this.receives++);
    this.ports.fleet.startJob(worker.id, at + aloneSeconds(this.model, this.secondsOf(message)));
    this.start(worker, at);
  }

  private secondsOf(message: number): ProcessSeconds {
    return this.seconds(this.ports.messages.job[message] as number);
  }

  /** Starts what the lanes of an instance have room for. */
  private start(worker: LaneWorker, at: number): void {
    const { events } = this.ports;
    const { gpuFirst, gpuEach } = this.model;
    worker.advance(at);
    const photos = worker.takePrompt();
    if (photos > 0) events.add(at + gpuFirst + gpuEach * photos, EVENT.prompt, worker.id);
    for (;;) {
      const next = worker.takePhoto();
      if (!next) break;
      const { prepare, finish } = this.secondsOf(next.message);
      if (next.step === 'finish') events.add(at + finish, EVENT.complete, worker.id, next.message);
      else events.add(at + prepare, EVENT.prepared, worker.id, next.message);
    }
    this.room.update(worker);
  }

  handle(kind: number, id: number, message: number, at: number): void {
    const worker = this.workers[id];
    // The instance was interrupted.
    if (!worker) return;
    worker.advance(at);
    this.touched.push(worker);
    if (kind === EVENT.prepared) worker.prepared(message);
    else if (kind === EVENT.prompt) worker.coloured();
    else this.complete(worker, message, at);
  }

  private complete(worker: LaneWorker, message: number, at: number): void {
    const { fleet, messages, finished } = this.ports;
    worker.finished(message);
    fleet.finishJob(worker.id, at);
    // What the photo waited for in the queue, for a lane and for others of its prompt: all but its own seconds.
    const start = at - aloneSeconds(this.model, this.secondsOf(message));
    const arrived = messages.at[message] as number;
    finished({
      ...{ instance: worker.id, message },
      start: Math.max(arrived, start),
      busySeconds: worker.takeBusy(),
    });
  }

  /** Returns what has not been on the GPU to the queue, as the worker does when it drains. */
  private drain(id: number, at: number): void {
    const { fleet, queue, bulk, isBulk } = this.ports;
    const worker = this.workers[id] as LaneWorker;
    this.room.leave(worker);
    worker.advance(at);
    for (const message of worker.drain()) {
      (isBulk(message) ? bulk : queue).push(message);
      fleet.finishJob(id, at);
    }
  }

  heldBy(id: number): [message: number, receivedAt: number][] {
    const held = this.workers[id]?.held() ?? [];
    return held.map((message) => [message, this.receivedAt[message] as number]);
  }
}

/** Seconds of each job on an image process: its size by the seed, and the spread of the world. */
export function processSeconds(
  { sizes }: WorkerModel,
  seed: number,
  sigma: number,
): (job: number) => ProcessSeconds {
  const size = draws(seed, 'size');
  const spread = draws(seed, 'service');
  const last = sizes.at(-1) as ProcessSeconds;
  const sizeOf = (job: number) => {
    const drawn = size(job);
    return sizes.find(({ upTo }) => drawn < upTo) ?? last;
  };
  if (sigma === 0) return sizeOf;
  return (job) => {
    const { prepare, finish } = sizeOf(job);
    const factor = logNormal(spread(job), 1, sigma);
    return { prepare: factor * prepare, finish: factor * finish };
  };
}
