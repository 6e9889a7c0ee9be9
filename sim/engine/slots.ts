/** Instances that work on one job at a time, or on `slots`: the head of the queue goes to the slot that has been free longest. */
import { QueueShare } from '../../worker/photo/queue-share.ts';
import { draws, logNormal, type Draw } from '../random.ts';
import { EVENT } from './events.ts';
import { READY, STOPPED } from './fleet.ts';
import { Heap } from './heap.ts';
import type { Work, WorkPorts } from './work.ts';

export class Slots implements Work {
  /** Free slots, longest free first, then oldest instance first; those of stopped instances are skipped when taken. */
  private readonly free = new Heap();
  /** Start of the latest attempt of each message. */
  private readonly attempts: Float64Array;
  /** Messages that each instance works on; undefined in a world without interruptions. */
  private readonly running: Map<number, number[]> | undefined;
  private readonly serviceDraw: Draw;
  /** Of each instance. */
  private readonly shares = new Map<number, QueueShare>();

  constructor(private readonly ports: WorkPorts) {
    const { world, seed, fleet, messages } = ports;
    this.attempts = new Float64Array(messages.at.length);
    this.running = world.interruptions > 0 ? new Map() : undefined;
    this.serviceDraw = draws(seed, 'service');
    fleet.onReady = (id, at) => {
      for (let slot = 0; slot < world.slots; slot++) this.free.push(at, id, 0, id, 0);
    };
  }

  dispatch(at: number): void {
    const { queue, fleet, messages, events } = this.ports;
    while (queue.size + this.ports.bulk.size > 0) {
      const id = this.takeSlot();
      if (id < 0) return;
      const message = this.takeMessage(id);
      const end = at + this.serviceOf(messages.job[message] as number);
      this.attempts[message] = at;
      fleet.startJob(id, end);
      this.running?.set(id, [...(this.running.get(id) ?? []), message]);
      events.add(end, EVENT.complete, id, message);
    }
  }

  /** An interactive message first, and every tenth of bulk while both wait. */
  private takeMessage(id: number): number {
    const { queue, bulk } = this.ports;
    if (bulk.size === 0) return queue.shift();
    const share = this.shares.get(id) ?? new QueueShare();
    this.shares.set(id, share);
    const lane = queue.size === 0 || share.isTurnOf('bulk') ? 'bulk' : 'interactive';
    share.started(lane, 1, (queue) => queue === 'bulk');
    return (lane === 'bulk' ? bulk : queue).shift();
  }

  /** @returns its instance; -1 without a free slot */
  private takeSlot(): number {
    const { free } = this;
    while (free.size > 0) {
      const id = free.first;
      free.pop();
      if (this.ports.fleet.state(id) === READY) return id;
    }
    return -1;
  }

  private serviceOf(job: number): number {
    const { world, service } = this.ports;
    if (service) return service(job);
    return world.serviceSigma === 0
      ? world.service
      : logNormal(this.serviceDraw(job), world.service, world.serviceSigma);
  }

  handle(_kind: number, id: number, message: number, at: number): void {
    const { fleet, world, finished } = this.ports;
    // The instance was interrupted before the job was complete.
    if (fleet.state(id) === STOPPED) return;
    fleet.finishJob(id, at);
    if (fleet.state(id) === READY) this.free.push(at, id, 0, id, 0);
    const held = this.running?.get(id);
    if (held) held.splice(held.indexOf(message), 1);
    const start = this.attempts[message] as number;
    // An instance reports the time in which it had work, however many jobs at a time.
    finished({ instance: id, message, start, busySeconds: (at - start) / world.slots });
  }

  heldBy(id: number): [message: number, receivedAt: number][] {
    return (this.running?.get(id) ?? []).map((message) => [message, this.attempts[message] as number]);
  }
}
