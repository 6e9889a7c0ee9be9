/** The job queues as the worker uses them: one message at a time, hidden while its photo is worked on. */
import type { QueueName } from '../../contract/lanes.ts';

export interface Message {
  /** That it is in. */
  queue: QueueName;
  /** The same at each receive. */
  id: string;
  body: string;
  receiptHandle: string;
  /** This receive included. */
  receiveCount: number;
  /** Epoch milliseconds. */
  sentAtMs: number;
}

/**
 * All workers together have as many messages in flight as the queue allows: a photo waits, and none can be received before
 * another one has finished.
 */
export class InFlightQuotaReached extends Error {
  override readonly name = 'InFlightQuotaReached';
}

export interface JobQueue {
  /** Those of the stage. */
  readonly queues: readonly QueueName[];
  /**
   * @param wait long-polls for a few seconds when the queue is empty
   * @returns undefined when there is no message
   * @throws InFlightQuotaReached
   */
  receive(queue: QueueName, wait: boolean): Promise<Message | undefined>;
  delete(message: Message): Promise<void>;
  /**
   * Moves the message to the dead-letter queue.
   *
   * @param reason for the operator, a word
   */
  deadLetter(message: Message, reason: string): Promise<void>;
  /** Hides the message for so many seconds from now; 0 makes it visible at once. */
  hide(message: Message, seconds: number): Promise<void>;
}

/**
 * Seconds until a returned message is visible again: longer each time, so that the cause has time to pass.
 *
 * @param attempts that its photo was charged
 */
export const returnDelay = (attempts: number) => Math.min(60, 5 * Math.max(1, attempts));

/** The same after an instance fault, which another instance does not have: 0 while the photo is not charged. */
export const instanceFaultDelay = (attempts: number) => Math.min(30, 5 * attempts);
