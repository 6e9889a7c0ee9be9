/**
 * The worker of an instance: takes photos from the queue, has ComfyUI colour them, and puts their ends into the bucket.
 *
 * Environment, all optional: `COMFYUI_URL` (default http://127.0.0.1:8188), `AWS_REGION` (default: the instance's),
 * `AWS_EC2_METADATA_SERVICE_ENDPOINT` (default http://169.254.169.254) and the SDK's own. Everything else is in the
 * parameter that a tag of the instance names.
 *
 * Ends with 0 when drained, with 1 when this machine cannot do its work or on a second signal.
 */
import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { SSMClient } from '@aws-sdk/client-ssm';
import { availableParallelism, setPriority, totalmem } from 'node:os';
import { S3Bucket } from './aws/bucket.ts';
import { Group } from './aws/group.ts';
import { readParameter } from './aws/parameter.ts';
import { SqsJobQueue } from './aws/queue.ts';
import { addWork } from './aws/work-counters.ts';
import { ComfyClient } from './comfy.ts';
import { describeError, jsonLog } from './log.ts';
import { Metadata } from './metadata.ts';
import { Notices } from './notices.ts';
import { identify, readSettings } from './settings.ts';
import { StudioThreads } from './studio-threads.ts';
import { runWorker } from './worker.ts';

let instance = 'unknown';
const log = jsonLog(
  () => instance,
  (line) => console.log(line),
);

async function main(): Promise<void> {
  const metadata = new Metadata(process.env.AWS_EC2_METADATA_SERVICE_ENDPOINT || 'http://169.254.169.254');
  const read = (path: string) => metadata.read(path);
  const notices = new Notices(read, log);
  endOnSignals(notices);

  const { instanceId, region } = await identify(read, process.env.AWS_REGION, log);
  instance = instanceId;
  const ssm = new SSMClient({ region });
  const settings = await readSettings({ metadata: read, parameter: (name) => readParameter(ssm, name) }, log);
  const comfyUrl = process.env.COMFYUI_URL || 'http://127.0.0.1:8188';
  log('info', 'worker-started', { stage: settings.stage, workflow: settings.workflow.name, comfyUrl });

  feedFirst();
  const threads = Math.max(2, availableParallelism() - 1);
  const dynamo = new DynamoDBClient({ region });
  await runWorker({
    settings,
    notices,
    client: new ComfyClient(comfyUrl),
    queue: new SqsJobQueue(new SQSClient({ region }), settings.queueUrl),
    bucket: new S3Bucket(new S3Client({ region }), settings.bucketName),
    studio: new StudioThreads(settings, threads),
    threads,
    megapixels: (MEMORY_SHARE * totalmem()) / BYTES_PER_PIXEL / 1e6,
    group: new Group(new AutoScalingClient({ region }), settings.groupName, instanceId),
    addWork: (done) => addWork(dynamo, settings.tableName, done),
    log,
    now: Date.now,
  });
}

/** What a pixel takes at its most, with what encoders hold; and what share of the machine all of them may take. */
const BYTES_PER_PIXEL = 12;
const MEMORY_SHARE = 0.25;

/** ComfyUI goes first where both want a processor: it keeps the GPU busy, and its own share of the work is small. */
function feedFirst(): void {
  try {
    setPriority(FEWER_TURNS);
  } catch (error) {
    log('warn', 'priority-not-lowered', { error: describeError(error) });
  }
}
const FEWER_TURNS = 5;

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
  await main();
  log('info', 'worker-ended');
  // Kept-alive connections would hold the process for a while.
  process.exit(0);
} catch (error) {
  log('error', 'worker-failed', { error: describeError(error) });
  process.exit(1);
}
