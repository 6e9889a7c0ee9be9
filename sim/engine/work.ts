/** What instances do with messages: one of two ways, `slots.ts` and `lanes.ts`. */
import type { World } from '../world.ts';
import type { Events } from './events.ts';
import type { Fleet } from './fleet.ts';
import type { Messages, Queue } from './messages.ts';

/** A message that is done. */
export interface Finished {
  instance: number;
  message: number;
  /** End of its wait, seconds. */
  start: number;
  /** Busy seconds that the instance reports with it. */
  busySeconds: number;
}

export interface WorkPorts {
  world: World;
  seed: number;
  fleet: Fleet;
  events: Events;
  queue: Queue;
  /** Of the bulk lane. */
  bulk: Queue;
  isBulk: (message: number) => boolean;
  messages: Messages;
  /** Seconds of each job. @default as the world says */
  service: ((job: number) => number) | undefined;
  finished: (one: Finished) => void;
}

export interface Work {
  /** Gives waiting messages to instances with room, and starts what can start. */
  dispatch(at: number): void;
  /** Handles an event of `EVENT` that is the work's own: all of an instant before `dispatch`. */
  handle(kind: number, first: number, second: number, at: number): void;
  /** Messages that an instance holds, each with the time of its receive. */
  heldBy(instance: number): [message: number, receivedAt: number][];
}
