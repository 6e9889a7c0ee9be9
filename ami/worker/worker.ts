/** The life of a worker: get ready, say so, take photos, drain, say so. */
import { LAUNCH_HOOK, TERMINATION_HOOK } from '../../contract/names.ts';
import type { WorkerSettings } from '../../contract/worker.ts';
import type { Bucket } from './bucket.ts';
import { colouring } from './colouring.ts';
import type { ComfyClient } from './comfy.ts';
import { deadlineMs, infer } from './inference.ts';
import { describeError, type Log } from './log.ts';
import { takePhotos } from './loop.ts';
import { handleMessage, type JobQueue } from './message.ts';
import { TERMINATED, type Notices } from './notices.ts';
import { processPhoto } from './photo.ts';
import { checkReady, untilReady } from './readiness.ts';
import { pause } from './time.ts';
import { WorkReport, type Done } from './work-report.ts';

export interface WorkerPorts {
  settings: WorkerSettings;
  notices: Notices;
  client: ComfyClient;
  queue: JobQueue;
  bucket: Bucket;
  group: {
    /** @returns false when no lifecycle action waits */
    complete: (hook: string) => Promise<boolean>;
  };
  /** Adds to the fleet's counters of work done. */
  addWork: (done: Done) => Promise<void>;
  log: Log;
  now: () => number;
}

/** ComfyUI drops its models a moment after it has answered that it will. */
const FREE_MS = 1000;

/**
 * Resolves when the worker has drained.
 *
 * @throws when the machine does not get ready
 */
export async function runWorker(ports: WorkerPorts): Promise<void> {
  const { settings, notices, client, queue, bucket, log, now } = ports;
  const inference = { client, workflow: settings.workflow, log };
  const check = () =>
    checkReady({ client, settings, infer: (png, withinMs) => infer(inference, png, withinMs) });
  const colour = colouring({
    settings,
    infer: (png, megapixels) => infer(inference, png, deadlineMs(megapixels)),
    now,
  });
  const photoPorts = { bucket, settings, colour, log, now };

  const report = new WorkReport({ add: ports.addWork, log, now });

  const getReady = async () => {
    const startMs = now();
    if (!(await untilReady(check, notices.stop, log))) return;
    log('info', 'ready', { seconds: Math.round((now() - startMs) / 1000) });
    await complete(ports, LAUNCH_HOOK);
  };

  const watching = notices.watch(settings.noticePollSeconds);
  await getReady();
  await takePhotos({
    queue,
    handle: async (message) => {
      const startMs = now();
      const handled = await handleMessage(message, {
        queue,
        bucketName: settings.bucketName,
        visibilityTimeoutSeconds: settings.visibilityTimeoutSeconds,
        process: (job, receiveCount, figures) => processPhoto(job, receiveCount, figures, photoPorts),
        log,
        now,
      });
      const busySeconds = Math.max(0, now() - startMs) / 1000;
      report.add({ completed: handled === 'deleted' ? 1 : 0, busySeconds });
      return handled;
    },
    mayTake: async () => {
      if (!notices.isParked) return;
      log('info', 'parked', { targetState: notices.targetState });
      while (notices.isParked && !notices.stop.aborted) {
        await pause(settings.noticePollSeconds * 1000, notices.stop);
      }
      // Leaving the warm pool meets the launch hook a second time.
      await getReady();
    },
    recover: async () => {
      log('warn', 'not-taking-photos');
      await client
        .free()
        .catch((error: unknown) => log('warn', 'models-not-dropped', { error: describeError(error) }));
      await pause(FREE_MS, notices.stop);
      if (await untilReady(check, notices.stop, log)) log('info', 'taking-photos-again');
    },
    stop: notices.stop,
    log,
  });
  await report.flush();
  await watching;
  // After a Spot notice the group may not have noticed yet; then there is nothing to complete.
  await notices.look();
  if (notices.targetState === TERMINATED) await complete(ports, TERMINATION_HOOK);
}

/** Completes a hook; when it cannot, the hook's own timeout decides. */
async function complete({ group, log }: WorkerPorts, hook: string): Promise<void> {
  try {
    const waiting = await group.complete(hook);
    log('info', waiting ? 'hook-completed' : 'hook-not-waiting', { hook });
  } catch (error) {
    log('error', 'hook-not-completed', { hook, error: describeError(error) });
  }
}
