/**
 * `npm run bench -- boot-storm [--workers 1000] [--json FILE]`: many workers boot at once against the local AWS, which answers as many calls a
 * second as AWS does; then each takes photos and counts them, and the scaler reads the counters.
 */
import { setMaxListeners } from 'node:events';
import { writeFileSync } from 'node:fs';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateQueueCommand, SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { command } from '../../common/command.ts';
import { childEnvironment, clientConfig, localPath, REGION } from '../../common/environment.ts';
import { pause } from '../../common/time.ts';
import { TABLE_KEY } from '../../contract/names.ts';
import { DynamoWork } from '../../lambda/scaler/aws/reports.ts';
import { freePort, startMiniStack } from '../../local/aws/ministack.ts';
import { ensureVenv } from '../../local/aws/venv.ts';
import { checkWritable } from '../../local/run/preflight.ts';
import { createClients } from '../../worker/aws/clients.ts';
import { bootWorker } from './boot-worker.ts';
import { startMeteredAws, type MeteredAws } from './metered-aws.ts';
import { settingsFor } from './settings.ts';
import { tableLines } from './table.ts';

export interface BootStormOptions {
  workers: number;
  /** Seconds over which they start. */
  spread: number;
  /** Calls a second that are answered. */
  ssm: number;
  hooks: number;
  /** Photos for each worker. */
  photos: number;
  json?: string;
}

const PARAMETER = '/ddcolor-elastic/bench/worker';
const PHOTO_SECONDS = 0.5;
/** A worker that is not in service by then has failed: the timeout of its launch hook. */
const LIMIT_SECONDS = 600;

/**
 * Makes what a stack has: table, queues, and the worker's settings.
 *
 * @param metered URL that the workers use
 */
async function deploy(endpoint: string, metered: string, photos: number) {
  const config = clientConfig(endpoint);
  const [sqs, ssm, dynamo] = [new SQSClient(config), new SSMClient(config), new DynamoDBClient(config)];
  const pathOf = async (QueueName: string) =>
    new URL((await sqs.send(new CreateQueueCommand({ QueueName }))).QueueUrl as string).pathname;
  const settings = {
    ...settingsFor('cuda', 'chroma'),
    // The SDK sends a queue's calls to the host of its URL.
    queueUrl: metered + (await pathOf('jobs')),
    deadLetterQueueUrl: metered + (await pathOf('dead-letters')),
  };
  const { tableName, queueUrl } = settings;
  await dynamo.send(
    new CreateTableCommand({
      TableName: tableName,
      KeySchema: [{ AttributeName: TABLE_KEY, KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: TABLE_KEY, AttributeType: 'S' }],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  );
  const Value = JSON.stringify(settings);
  await ssm.send(new PutParameterCommand({ Name: PARAMETER, Value, Type: 'String', Tier: 'Advanced' }));
  for (let sent = 0; sent < photos; sent += 10) {
    const Entries = Array.from({ length: Math.min(10, photos - sent) }, (_, k) => ({
      Id: String(k),
      MessageBody: `photo ${sent + k}`,
    }));
    await sqs.send(new SendMessageBatchCommand({ QueueUrl: queueUrl.replace(metered, endpoint), Entries }));
  }
  return { settings, dynamo };
}

const share = (sorted: number[], part: number) => sorted[Math.ceil(part * sorted.length) - 1] ?? NaN;

function reportLines({ counts }: MeteredAws, readySeconds: number[]): string[] {
  const sorted = readySeconds.toSorted((a, b) => a - b);
  const rows = [...counts]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([api, { calls, refused, seconds }]) => {
      const answered = seconds.filter((one) => one !== undefined);
      const mean = (calls - refused) / Math.max(1, answered.length);
      return [api, String(calls), String(refused), mean.toFixed(0), String(Math.max(0, ...answered))];
    });
  const times = [0.5, 0.95, 1].map((part) => share(sorted, part).toFixed(0));
  return [
    ...tableLines(['API', 'calls', 'refused', 'answered/s, mean', 'most'], rows),
    `in service after ${times[0]} s (p50), ${times[1]} s (p95), ${times[2]} s (all ${sorted.length})`,
  ];
}

export const bench = (options: BootStormOptions): Promise<number> =>
  command('npm run bench -- boot-storm', async ({ abort, scope, progress }) => {
    const { workers, spread, ssm, hooks, json } = options;
    if (json !== undefined) await checkWritable(json);
    const python = await ensureVenv(abort, (line) => progress.print(line));
    const port = await freePort();
    const logFile = localPath('logs', 'boot-storm-aws.log');
    const endpoint = await startMiniStack({ python, port, lambdaEnvironment: {}, abort, scope, logFile });
    const photos = workers * options.photos;
    const aws = await startMeteredAws(endpoint, { GetParameter: ssm, CompleteLifecycleAction: hooks });
    await scope.defer(() => aws.close());
    const { settings, dynamo } = await deploy(endpoint, aws.url, photos);
    aws.counts.clear();
    Object.assign(process.env, childEnvironment(aws.url));

    const clients = Array.from({ length: workers }, () => createClients(REGION));
    const startMs = performance.now();
    const seconds = () => (performance.now() - startMs) / 1000;
    const stop = new AbortController();
    // Each worker listens.
    setMaxListeners(0, stop.signal);
    abort.addEventListener('abort', () => stop.abort());
    const readySeconds: number[] = [];
    /** Those whose first attempt to complete the hook was refused. */
    const refused = new Set<string>();
    const problems = new Map<string, number>();
    let coloured = 0;
    const ids = Array.from({ length: workers }, (_, k) => `i-${k.toString(16).padStart(17, '0')}`);
    const running = ids.map(async (instanceId, k) => {
      await pause((1000 * spread * k) / workers, stop.signal);
      const bootMs = performance.now();
      await bootWorker({
        aws: clients[k]!,
        instanceId,
        parameter: PARAMETER,
        photoSeconds: PHOTO_SECONDS,
        stop: stop.signal,
        inService: () => readySeconds.push((performance.now() - bootMs) / 1000),
        coloured: () => coloured++,
        log: (level, event) => {
          if (event === 'hook-refused') refused.add(instanceId);
          if (level !== 'info') problems.set(event, (problems.get(event) ?? 0) + 1);
        },
      }).catch((error: Error) => problems.set(error.message, (problems.get(error.message) ?? 0) + 1));
    });
    while (seconds() < LIMIT_SECONDS && !abort.aborted) {
      progress.line(
        `${seconds().toFixed(0)} s  in service ${readySeconds.length}, photos ${coloured} of ${photos}`,
      );
      if (readySeconds.length === workers && coloured >= photos) break;
      await pause(1000, abort);
    }
    stop.abort();
    await Promise.all(running);
    const reports = await new DynamoWork(dynamo, settings.tableName, settings.workKeyPrefix).read(ids);
    const counted = (reports ?? []).reduce((sum, { completed }) => sum + Number(completed), 0);
    for (const line of reportLines(aws, readySeconds)) progress.print(line);
    progress.print(`${refused.size} of them by a later attempt at the hook`);
    progress.print(`${coloured} photos coloured, ${counted} counted by ${reports?.length ?? 0} instances`);
    for (const [event, times] of problems) progress.print(`${event}: ${times} times`);
    if (json !== undefined) {
      const figures = {
        ...options,
        seconds: seconds(),
        apis: Object.fromEntries(aws.counts),
        readySeconds,
        counted,
      };
      writeFileSync(json, `${JSON.stringify(figures, undefined, 2)}\n`);
    }
    const isGood = aws.completed.size === workers && counted === photos && reports?.length === workers;
    if (!isGood) progress.print(`missed: ${workers} instances in service that count ${photos} photos`);
    return isGood ? 0 : 1;
  });
