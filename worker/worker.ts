/** Runs a worker: gets ready, completes the launch hook, processes photos, drains, completes the termination hook. */
import { pause } from '../common/time.ts';
import { LAUNCH_HOOK, TERMINATION_HOOK } from '../contract/names.ts';
import { reportOnce, startPolicy, untilReady } from './comfyui/readiness.ts';
import { dropModels, recover } from './comfyui/recovery.ts';
import { StageInference } from './comfyui/stage-inference.ts';
import { drainController } from './instance/drain.ts';
import { abandonLaunch } from './instance/abandon-launch.ts';
import { retryHook, tryHook } from './instance/complete-hook.ts';
import { createPhotoHandler } from './photo-handler.ts';
import { InstanceFaults } from './photo/attempts.ts';
import { receivePhotos } from './photo/receive-loop.ts';
import type { WorkerPorts } from './ports.ts';
import { PhotoMetrics } from './telemetry/photo-metrics.ts';
import { WorkReport } from './telemetry/work-report.ts';

/** Limit of the inference after a restart, which reads the model from a disk that holds it. */
const RESTARTED_INFERENCE_MS = 60_000;

/**
 * Resolves when the worker has drained.
 *
 * @throws when the instance does not get ready
 */
export async function runWorker(ports: WorkerPorts): Promise<void> {
  const { settings, notices, log, clock } = ports;
  const metrics = new PhotoMetrics({ publish: ports.publish, log });
  const report = new WorkReport({ add: ports.addWork, log, now: clock });
  const inference = new StageInference(ports);
  const readiness = createReadiness(ports, metrics, inference);
  const faults = new InstanceFaults();
  let drain = drainController(notices.stop);

  const watching = notices.watch(settings.noticePollSeconds);
  await report.announce();
  await readiness.untilInService();
  await receivePhotos({
    queue: ports.queue,
    ...createPhotoHandler(ports, metrics, report, () => drain, faults, inference),
    untilAllowed: async () => {
      if (!notices.isParked) return;
      log('info', 'warm-pool-entered', { targetState: notices.targetState });
      while (notices.isParked && !notices.stop.aborted) {
        await pause(settings.noticePollSeconds * 1000, notices.stop);
      }
      // An instance that leaves a warm pool of running instances meets the launch hook again; a stopped one starts another worker.
      await readiness.untilInService();
    },
    recover: async () => {
      metrics.addInstanceFault();
      await recover({
        mayHelp: !faults.isInstances(),
        restart: ports.restartComfyui ?? (() => dropModels(ports.client, notices.stop)),
        check: () => readiness.check(RESTARTED_INFERENCE_MS),
        markUnhealthy: () => ports.group.setUnhealthy(),
        stop: notices.stop,
        log,
      });
      drain = drainController(notices.stop);
    },
    stop: notices.stop,
    log,
  });
  await Promise.all([report.flush(), metrics.flush()]);
  await watching;
  // A Spot notice can come before the group terminates the instance; then no action waits.
  await notices.look();
  if (!notices.leavesService) return;
  if (!(await tryHook(ports, TERMINATION_HOOK))) await retryHook(ports, TERMINATION_HOOK);
}

function createReadiness(ports: WorkerPorts, metrics: PhotoMetrics, inference: StageInference) {
  const { notices, client, log, clock } = ports;
  const check = reportOnce(
    inference.check({ images: ports.images, canary: ports.canary }, () => metrics.addPrecisionChange()),
    () => metrics.addCanaryFailure(),
  );
  let answeredMs: number | undefined;
  let isBooted = false;
  const untilInService = async () => {
    const startMs = clock();
    const firstCheck = async () => {
      await client.device();
      answeredMs ??= clock();
      return check();
    };
    try {
      if (!(await untilReady(firstCheck, notices.stop, log, startPolicy(clock)))) return;
    } catch (error) {
      await metrics.flush();
      await abandonLaunch(ports, error);
      throw error;
    }
    const readyMs = clock();
    log('info', 'worker-ready', { seconds: Math.round((readyMs - startMs) / 1000) });
    // Only the first time: leaving a warm pool is not a boot.
    const published = isBooted ? undefined : ports.booted?.({ comfyuiMs: answeredMs ?? readyMs, readyMs });
    isBooted = true;
    // Beside the photos: an instance that Auto Scaling refuses can colour already.
    if (!(await tryHook(ports, LAUNCH_HOOK))) void retryHook(ports, LAUNCH_HOOK, { stop: notices.stop });
    await Promise.all([published, ports.ready()]);
  };
  return { check, untilInService };
}
