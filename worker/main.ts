/**
 * The worker of an instance: takes photos from the queue, has ComfyUI colour them, and puts their ends into the bucket.
 *
 * Environment, all optional: what `machine.ts` lists, `AWS_REGION` (default: the instance's),
 * `AWS_EC2_METADATA_SERVICE_ENDPOINT` (default http://169.254.169.254) and the SDK's own. Everything else is in the
 * parameter that a tag of the instance names.
 *
 * On an instance that is tagged as a candidate it only proves its image, and writes the verdict into a parameter.
 *
 * Ends with 0 when drained or when the verdict is written, with 1 when this machine cannot do its work or on a second signal.
 */
import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { SSMClient } from '@aws-sdk/client-ssm';
import { availableParallelism, totalmem } from 'node:os';
import { S3Bucket } from './aws/bucket.ts';
import { Group } from './aws/group.ts';
import { readParameter } from './aws/parameters.ts';
import { clientConfig } from './aws/client-config.ts';
import { publishBootPhases, publishPhotoMetrics } from './aws/cloudwatch-metrics.ts';
import { SqsJobQueue } from './aws/queue.ts';
import { putVerdict } from './aws/verdict.ts';
import { addWork } from './aws/work-counters.ts';
import { bootReporter, readBootTimes } from './instance/boot.ts';
import { readCanary } from './comfyui/canary.ts';
import { checkCandidate } from './instance/candidate.ts';
import { ComfyuiClient } from './comfyui/client.ts';
import { infer } from './comfyui/inference.ts';
import { describeError, jsonLog } from './telemetry/log.ts';
import { readEnvironment, commandRunner } from './instance/environment.ts';
import { Metadata } from './instance/metadata.ts';
import { Notices } from './instance/notices.ts';
import { lowerPriority } from './comfyui/priority.ts';
import { checkReady } from './comfyui/readiness.ts';
import { checkCanary, recordCanary } from './instance/canary-commands.ts';
import { SystemdNotifier } from './instance/systemd.ts';
import { identify, isCandidate, readSettings } from './settings.ts';
import { ImageWorkerThreads } from './imaging/image-worker-threads.ts';
import { WorkFolders } from './comfyui/work-folders.ts';
import { runWorker } from './worker.ts';

let instance = 'unknown';
const log = jsonLog(
  () => instance,
  (line) => console.log(line),
);

const CANARY_COMMANDS: Record<string, typeof recordCanary> = {
  '--record-canary': recordCanary,
  '--check-canary': checkCanary,
};

async function main(args: string[]): Promise<void> {
  const machine = readEnvironment(process.env);
  const comfyUrl = machine.COMFYUI_URL;
  const canaryCommand = CANARY_COMMANDS[args[0] ?? ''];
  if (canaryCommand) {
    const [command, file, workflow] = args;
    if (!file || !workflow) throw new Error(`${command} takes the file of a canary and a workflow`);
    return canaryCommand(comfyUrl, file, workflow, log);
  }
  const [startMs, before] = [performance.now(), await readBootTimes(log)];
  const metadata = new Metadata(process.env.AWS_EC2_METADATA_SERVICE_ENDPOINT || 'http://169.254.169.254');
  const read = (path: string) => metadata.read(path);
  const notices = new Notices(read, log);
  endOnSignals(notices);

  const { instanceId, region } = await identify(read, process.env.AWS_REGION, log);
  instance = instanceId;
  const ssm = new SSMClient(clientConfig(region));
  const settings = await readSettings({ metadata: read, parameter: (name) => readParameter(ssm, name) }, log);
  log('info', 'worker-started', { stage: settings.stage, workflow: settings.workflow.name, comfyUrl });

  const canary = machine.CANARY_FILE === undefined ? undefined : await readCanary(machine.CANARY_FILE);
  if (!canary)
    log('warn', 'canary-not-configured', { consequence: 'a model with other weights would not be noticed' });
  const folders =
    machine.COMFYUI_DIRECTORY === undefined ? undefined : new WorkFolders(machine.COMFYUI_DIRECTORY, log);
  const service = new SystemdNotifier(process.env, log);
  const client = new ComfyuiClient(comfyUrl);
  // Only where ComfyUI is ours alone: others may have theirs in the same queue.
  if (folders) await startClean(client, folders);
  void folders?.keepSwept(notices.stop);
  void service.keepAlive();
  notices.stop.addEventListener('abort', () => void service.tell('STOPPING=1'), { once: true });

  lowerPriority(log);
  const threads = Math.max(2, availableParallelism() - 1);
  const studio = new ImageWorkerThreads(settings, threads);
  const clock = () => performance.now();
  const clean = folders && ((id: string) => folders.remove(id));
  if (await isCandidate(read, log)) {
    const { workflow, path } = settings;
    const inference = { client, workflow, path, log, clean };
    // Also what keeps this process alive meanwhile: the studio's threads do not.
    void notices.watch(settings.noticePollSeconds);
    await checkCandidate({
      check: () =>
        checkReady({ client, settings, studio, canary, infer: (png, ms) => infer(inference, png, ms) }),
      canary,
      imageId: () => read('ami-id'),
      tell: (verdict) => putVerdict(ssm, settings.stage, instanceId, verdict),
      stop: notices.stop,
      log,
      clock,
    });
    // A service that ends before it was ready counts as failed, and would be started again.
    return service.tell('READY=1');
  }
  const config = clientConfig(region);
  const dynamo = new DynamoDBClient(config);
  const cloudWatch = new CloudWatchClient(config);
  await runWorker({
    settings,
    notices,
    client,
    queue: new SqsJobQueue(new SQSClient(config), settings.queueUrl),
    bucket: new S3Bucket(new S3Client(config), settings.bucketName),
    studio,
    threads,
    megapixels: (MEMORY_SHARE * totalmem()) / BYTES_PER_PIXEL / 1e6,
    group: new Group(new AutoScalingClient(config), settings.groupName, instanceId),
    restartComfyui: machine.COMFYUI_RESTART && commandRunner(machine.COMFYUI_RESTART),
    clean,
    canary,
    ready: () => service.tell('READY=1'),
    booted: bootReporter({
      before,
      startMs,
      publish: (phases) => publishBootPhases(cloudWatch, settings.stage, phases),
      log,
    }),
    addWork: (done) => addWork(dynamo, settings.tableName, done),
    publish: (figures) => publishPhotoMetrics(cloudWatch, settings.stage, figures),
    log,
    now: Date.now,
    clock,
  });
}

/** A worker before this one may have died with prompts in ComfyUI and files in its folders: nobody waits for them. */
async function startClean(client: ComfyuiClient, folders: WorkFolders): Promise<void> {
  await client.cancelAll().catch((error: unknown) =>
    // Not up yet, so with nothing in its queue.
    log('info', 'comfyui-not-cleared', { reason: describeError(error) }),
  );
  await folders
    .clear()
    .catch((error: unknown) => log('warn', 'folders-not-swept', { error: describeError(error) }));
}

/** What a pixel takes at its most, with what encoders hold; and what share of the machine all of them may take. */
const BYTES_PER_PIXEL = 12;
const MEMORY_SHARE = 0.25;

/** The first signal drains, the second ends at once: its photo comes back to the queue by itself. */
function endOnSignals(notices: Notices): void {
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
  // Kept-alive connections would hold the process for a while.
  process.exit(0);
} catch (error) {
  log('error', 'worker-failed', { error: describeError(error) });
  process.exit(1);
}
