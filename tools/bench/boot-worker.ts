/** A simulated worker: what a real one calls AWS for, with its own code and clients, without ComfyUI and without metadata. */
import { jittered, pause } from '../../common/time.ts';
import { LAUNCH_HOOK } from '../../contract/names.ts';
import type { createClients } from '../../worker/aws/clients.ts';
import { publishBootPhases, publishPhotoMetrics } from '../../worker/aws/cloudwatch-metrics.ts';
import { Group } from '../../worker/aws/group.ts';
import { readParameter } from '../../worker/aws/parameters.ts';
import { SqsJobQueue } from '../../worker/aws/queue.ts';
import { addWork } from '../../worker/aws/work-counters.ts';
import { retryHook, tryHook } from '../../worker/instance/complete-hook.ts';
import { receivePhotos } from '../../worker/photo/receive-loop.ts';
import { readSettings } from '../../worker/settings.ts';
import type { Log } from '../../worker/telemetry/log.ts';
import { PhotoMetrics } from '../../worker/telemetry/photo-metrics.ts';
import { WorkReport } from '../../worker/telemetry/work-report.ts';

export interface BootWorkerOptions {
  /** Its own: made before the boot, which takes the time of other workers here. */
  aws: ReturnType<typeof createClients>;
  instanceId: string;
  /** Parameter with the settings. */
  parameter: string;
  photoSeconds: number;
  stop: AbortSignal;
  /** Called when the launch hook is completed. */
  inService: () => void;
  /** Called for each photo. */
  coloured: () => void;
  log: Log;
}

/** Figures of a boot; what they are does not matter to a call. */
const PHASES = { kernel: 8, driver: 20, services: 12, comfyui: 60, canary: 30 };

/** Boots, takes photos until it is stopped, and reports them. The order of the calls is that of `worker/main.ts` and `worker/worker.ts`. */
export async function bootWorker(options: BootWorkerOptions): Promise<void> {
  const { aws, instanceId, parameter, photoSeconds, stop, inService, coloured, log } = options;
  try {
    const source = {
      metadata: () => Promise.resolve(parameter),
      parameter: (name: string) => readParameter(aws.ssm, name),
    };
    const settings = await readSettings(source, log);
    const { stage, groupName, tableName, workKeyPrefix, queueUrl, deadLetterQueueUrl } = settings;
    const item = { tableName, key: workKeyPrefix + instanceId };
    const now = () => performance.now();
    const report = new WorkReport({ add: (done) => addWork(aws.dynamo, item, done, Date.now()), log, now });
    const metrics = new PhotoMetrics({
      publish: (batch) => publishPhotoMetrics(aws.cloudWatch, stage, batch),
      log,
    });
    await report.announce();
    const published = publishBootPhases(aws.cloudWatch, stage, PHASES).catch(() =>
      log('warn', 'boot-not-published'),
    );
    const hook = { group: new Group(aws.autoScaling, groupName, instanceId), log };
    const ready = (await tryHook(hook, LAUNCH_HOOK))
      ? Promise.resolve()
      : retryHook(hook, LAUNCH_HOOK, { stop });
    void ready.then(inService);
    await published;
    const queue = new SqsJobQueue(aws.sqs, { interactive: queueUrl }, deadLetterQueueUrl);
    await receivePhotos({
      queue,
      handle: async (message, started) => {
        started();
        await pause(photoSeconds * 1000);
        await deleted(() => queue.delete(message), log);
        coloured();
        report.add({ completed: 1, busySeconds: photoSeconds });
        metrics.add('succeeded', { comfySeconds: photoSeconds });
        return 'deleted';
      },
      untilAllowed: () => Promise.resolve(),
      recover: () => Promise.resolve(),
      limits: () => ({ prefetched: 1, inFlight: 2 }),
      stop,
      log,
    });
    await Promise.all([ready, report.flush(), metrics.flush()]);
  } finally {
    for (const client of Object.values(aws)) client.destroy();
  }
}

/** One computer serves all workers here: a call that fails for want of it is repeated. */
async function deleted(attempt: () => Promise<void>, log: Log): Promise<void> {
  for (;;) {
    try {
      return await attempt();
    } catch {
      log('warn', 'message-not-deleted');
      await pause(jittered(2000));
    }
  }
}
