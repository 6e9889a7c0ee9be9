/** Handles one message with ports in memory. */
import { MemoryAttempts } from '../../../worker/photo/memory-attempts.ts';
import { expect } from 'vitest';
import type { Job } from '../../../contract/job.ts';
import { handleMessage } from '../../../worker/photo/handle-message.ts';
import type { PhotoOutcome } from '../../../worker/photo/process-photo.ts';
import { attemptPorts, memoryLog, MemoryQueue } from './memory.ts';
import { GIVEN_UP, NOW } from './message-ports.ts';

/** @param attempts that its photo was charged before */
export async function handle(text: string, process: (job: Job) => Promise<PhotoOutcome>, attempts = 0) {
  const queue = new MemoryQueue();
  const log = memoryLog();
  const jobs: Job[] = [];
  const reported: unknown[] = [];
  let running = 0;
  let clockMs = 0;
  const message = queue.send(text, 9);
  const store = new MemoryAttempts();
  if (attempts > 0) await store.add(message.id, attempts);
  let removed = 0;
  const handled = await handleMessage(message, {
    queue,
    bucketName: 'photos',
    visibilityTimeoutSeconds: 30,
    maxReceiveCount: 10,
    attempts: attemptPorts({ store, log }),
    process: async (job, attempt) => {
      jobs.push(job);
      await attempt.started();
      // A prompt that is submitted again starts no second time.
      await attempt.started();
      return process(job);
    },
    giveUp: (_job, _attempt, usedUp) => {
      expect(usedUp).toEqual({ attempts: 5 });
      return Promise.resolve(GIVEN_UP);
    },
    removed: () => removed++,
    started: () => {
      running++;
      return () => running--;
    },
    finished: (outcome, figures, code) => {
      expect(figures).toMatchObject({ queueSeconds: 7 });
      reported.push([outcome, code]);
    },
    log,
    now: () => NOW,
    clock: () => (clockMs += 1500),
  });
  expect(running).toBe(0);
  const { deleted, deadLettered } = queue;
  expect(removed).toBe(deleted.length > 0 ? 1 : 0);
  return { handled, queue, log, jobs, reported, deadLettered, attempts: store.records.get(message.id) };
}
