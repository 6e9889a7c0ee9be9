/**
 * Entry of the worker, which each GPU instance runs: it receives photos from the queue, has ComfyUI colour them, and writes
 * their outcomes to the bucket.
 *
 * Environment, all optional: the variables of `instance/environment.ts`, `AWS_REGION` (default: the instance's),
 * `AWS_EC2_METADATA_SERVICE_ENDPOINT` (default http://169.254.169.254) and the SDK's own. The other settings are in the
 * parameter that a tag of the instance names.
 *
 * On an instance that is tagged as a candidate it only checks its image and writes the verdict.
 *
 * Exits with 0 when it has drained or written the verdict, with 1 when this instance cannot work or on a second signal.
 */
import { availableParallelism, totalmem } from 'node:os';
import { workflowNames } from '../contract/photo-workflow.ts';
import { DynamoAttempts } from './aws/attempts.ts';
import { S3Bucket } from './aws/bucket.ts';
import { createClients } from './aws/clients.ts';
import { publishBootPhases, publishPhotoMetrics } from './aws/cloudwatch-metrics.ts';
import { Group, setUnhealthy } from './aws/group.ts';
import { putVerdict, readParameter } from './aws/parameters.ts';
import { SqsJobQueue } from './aws/queue.ts';
import { addWork, putBootFailure } from './aws/work-counters.ts';
import { readCanary } from './comfyui/canary.ts';
import { ComfyuiClient } from './comfyui/client.ts';
import { StageInference } from './comfyui/stage-inference.ts';
import { WorkFolders } from './comfyui/work-folders.ts';
import { childProcesses, socketProcesses } from './imaging/image-connection.ts';
import { ImageProcesses, withSpare } from './imaging/image-processes.ts';
import { abandonLaunch } from './instance/abandon-launch.ts';
import { bootReporter, readBootTimes } from './instance/boot.ts';
import { checkCanary, recordCanary } from './instance/canary-commands.ts';
import { checkCandidate } from './instance/candidate.ts';
import { commandRunner, lowerPriority, readEnvironment } from './instance/environment.ts';
import { memoryLimits } from './instance/memory.ts';
import { Metadata } from './instance/metadata.ts';
import { Notices } from './instance/notices.ts';
import { SystemdNotifier } from './instance/systemd.ts';
import { identify, isCandidate, readGroupName, readSettings } from './settings.ts';
import { describeError, jsonLog } from './telemetry/log.ts';
import { runWorker } from './worker.ts';

const CANARY_COMMANDS: Record<string, typeof recordCanary> = {
  '--record-canary': recordCanary,
  '--check-canary': checkCanary,
};

let instance = 'unknown';
const log = jsonLog(
  () => instance,
  (line) => console.log(line),
);
const clock = () => performance.now();

async function main(args: string[]): Promise<void> {
  const environment = readEnvironment(process.env);
  const comfyUrl = environment.COMFYUI_URL;
  const canaryCommand = CANARY_COMMANDS[args[0] ?? ''];
  if (canaryCommand) {
    const [command, file, workflow] = args;
    if (!file || !workflow) throw new Error(`${command} takes the file of a canary and a workflow`);
    return canaryCommand(comfyUrl, file, workflow, log);
  }
  const [startMs, before] = [clock(), await readBootTimes(log)];
  const metadata = new Metadata(process.env.AWS_EC2_METADATA_SERVICE_ENDPOINT || 'http://169.254.169.254');
  const read = (path: string) => metadata.read(path);
  // Signals may come before it is known which instance this is.
  let replace = (): Promise<void> => Promise.resolve();
  const notices = new Notices(read, log, () => replace());
  drainOnSignals(notices);

  const { instanceId, region } = await identify(read, process.env.AWS_REGION, log);
  instance = instanceId;
  const aws = createClients(region);
  replace = () => setUnhealthy(aws.autoScaling, instanceId);
  const settings = await readSettings(
    { metadata: read, parameter: (name) => readParameter(aws.ssm, name) },
    log,
  );
  const { stage } = settings;
  const [workflow, ...others] = workflowNames(settings);
  log('info', 'worker-started', {
    stage,
    workflow,
    ...(others.length > 0 && { otherWorkflows: others }),
    comfyUrl,
  });

  const { CANARY_FILE, COMFYUI_DIRECTORY, COMFYUI_RESTART, IMAGE_SOCKET } = environment;
  const groupName = await readGroupName(read, settings.groupName, log);
  const group = new Group(aws.autoScaling, groupName, instanceId);
  const workItem = { tableName: settings.tableName, key: settings.workKeyPrefix + instanceId };
  const reportBootFailure = (why: string) => putBootFailure(aws.dynamo, workItem, why, Date.now());
  const withoutCanary = async (error: unknown) => {
    if (!(await isCandidate(read, log))) await abandonLaunch({ group, reportBootFailure, log }, error);
    throw error;
  };
  const canary = CANARY_FILE === undefined ? undefined : await readCanary(CANARY_FILE).catch(withoutCanary);
  if (!canary) log('warn', 'canary-not-configured', { consequence: 'wrong weights would not be noticed' });
  const folders = COMFYUI_DIRECTORY === undefined ? undefined : new WorkFolders(COMFYUI_DIRECTORY, log);
  const systemd = new SystemdNotifier(process.env, log);
  const client = new ComfyuiClient(comfyUrl);
  // Only where the ComfyUI is this worker's: its queue may otherwise have prompts of other clients.
  if (folders) await removeLeftovers(client, folders);
  void folders?.keepSwept(notices.stop);
  void systemd.keepAlive();
  notices.stop.addEventListener('abort', () => void systemd.notify('STOPPING=1'), { once: true });

  lowerPriority(log);
  // At work at a time: one processor is ComfyUI's.
  const processes = Math.max(2, availableParallelism() - 1);
  const connect = IMAGE_SOCKET === undefined ? childProcesses() : socketProcesses(IMAGE_SOCKET);
  const images = new ImageProcesses(
    settings,
    environment.IMAGE_PROCESSES ?? withSpare(processes),
    log,
    connect,
  );
  const clean = folders && ((id: string) => folders.remove(id));
  if (await isCandidate(read, log)) {
    const check = new StageInference({ client, settings, log, clean }).check({ images, canary });
    // Its timer also keeps this process alive, which the image processes do not.
    void notices.watch(settings.noticePollSeconds);
    await checkCandidate({
      check,
      canary,
      imageId: () => read('ami-id'),
      putVerdict: (verdict) => putVerdict(aws.ssm, stage, instanceId, verdict),
      stop: notices.stop,
      log,
      clock,
    });
    // systemd restarts a service that ends before it was ready.
    return systemd.notify('READY=1');
  }
  const publishBoot = bootReporter({
    before,
    startMs,
    publish: (phases) => publishBootPhases(aws.cloudWatch, stage, phases),
    log,
  });
  await runWorker({
    settings,
    notices,
    client,
    queue: new SqsJobQueue(
      aws.sqs,
      {
        interactive: settings.queueUrl,
        sidelined: settings.sidelinedQueueUrl,
        bulk: settings.bulkQueueUrl,
      },
      settings.deadLetterQueueUrl,
    ),
    bucket: new S3Bucket(aws.s3, settings.bucketName),
    attemptStore: new DynamoAttempts(aws.dynamo, settings.tableName),
    instanceId,
    images,
    processes,
    ...memoryLimits(totalmem()),
    group,
    restartComfyui: COMFYUI_RESTART && commandRunner(COMFYUI_RESTART),
    clean,
    canary,
    ready: () => systemd.notify('READY=1'),
    booted: publishBoot,
    reportBootFailure,
    addWork: (done) => addWork(aws.dynamo, workItem, done, Date.now()),
    publish: (batch) => publishPhotoMetrics(aws.cloudWatch, stage, batch),
    log,
    now: Date.now,
    clock,
  });
  // A readiness check that was under way when the instance was to end.
  if (folders) await clearFolders(folders);
}

/** Cancels the prompts and removes the files of an earlier worker that died. */
async function removeLeftovers(client: ComfyuiClient, folders: WorkFolders): Promise<void> {
  await client.cancelAll().catch((error: unknown) =>
    // A ComfyUI that has not started has no prompts.
    log('info', 'comfyui-not-cleared', { reason: describeError(error) }),
  );
  await clearFolders(folders);
}

const clearFolders = (folders: WorkFolders): Promise<unknown> =>
  folders
    .clear()
    .catch((error: unknown) => log('warn', 'folders-not-swept', { error: describeError(error) }));

/** The first signal drains; the second exits at once, and the photos in flight return to the queue by their timeouts. */
function drainOnSignals(notices: Notices): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (notices.stop.aborted) process.exit(1);
      notices.drain(signal);
    });
  }
}

try {
  await main(process.argv.slice(2));
  log('info', 'worker-stopped');
  // Kept-alive connections would keep the process running.
  process.exit(0);
} catch (error) {
  log('error', 'worker-failed', { error: describeError(error) });
  process.exit(1);
}
