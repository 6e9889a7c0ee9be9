/** Ports of a message whose photo is processed by hand. */
import type { MessagePorts } from '../../../worker/photo/handle-message.ts';
import type { PhotoOutcome } from '../../../worker/photo/process-photo.ts';
import { attemptPorts, memoryLog, type MemoryQueue } from './memory.ts';

export const NOW = Date.parse('2026-11-23T12:00:07.000Z');
export const GIVEN_UP: PhotoOutcome = { outcome: 'failed', code: 'retries-exhausted' };
export const never = () => Promise.reject(new Error('not to be called'));
const seen = () => ({ now: () => NOW, clock: () => 0, log: memoryLog(), started: () => () => undefined });
/** Ports of a message whose photo is processed by hand. */
export const portsOn = (queue: MemoryQueue, more: Partial<MessagePorts>): MessagePorts => ({
  queue,
  bucketName: 'photos',
  visibilityTimeoutSeconds: 30,
  maxReceiveCount: 50,
  attempts: attemptPorts(),
  process: never,
  giveUp: never,
  ...seen(),
  ...more,
});
