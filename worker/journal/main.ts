/**
 * Entry of the journal's reader on an instance: writes the journal since the boot as lines of JSON into a file, which the
 * CloudWatch agent delivers, and follows it.
 *
 * It needs no setting: instance and region are in the metadata. It exits with 1 when journalctl ends, and systemd starts it again;
 * the cursor file then lets it go on where it was.
 *
 * Usage: node journal.mjs FOLDER; FOLDER gets `journal.log` and `cursor`.
 */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { STAGE_TAG } from '../../contract/logs.ts';
import { METRICS } from '../../contract/names.ts';
import { publishCount } from '../aws/cloudwatch-metrics.ts';
import { setUnhealthy } from '../aws/group.ts';
import { Metadata } from '../instance/metadata.ts';
import { describeError, jsonLog } from '../telemetry/log.ts';
import { deliveryWatch } from './delivery.ts';
import { JOURNAL_FIELDS } from './entry.ts';
import { LineFile } from './line-file.ts';
import { journalReader } from './reader.ts';

const AGENT_STATE = '/opt/aws/amazon-cloudwatch-agent/logs/state';
const MINUTE_MS = 60_000;
const RETRY_MS = 2000;

const [folder = ''] = process.argv.slice(2);
let instance = 'unknown';
const log = jsonLog(
  () => instance,
  (line) => console.log(line),
);

/** The metadata service answers a moment after the network is there. */
async function identity(): Promise<{ instanceId: string; region: string; stage: string }> {
  const metadata = new Metadata(process.env.AWS_EC2_METADATA_SERVICE_ENDPOINT || 'http://169.254.169.254');
  for (;;) {
    try {
      const [instanceId, region, stage] = await Promise.all(
        ['instance-id', 'placement/region', `tags/instance/${STAGE_TAG}`].map((path) => metadata.read(path)),
      );
      if (instanceId && region && stage) return { instanceId, region, stage };
    } catch (error) {
      log('warn', 'metadata-not-read', { error: describeError(error) });
    }
    await sleep(RETRY_MS);
  }
}

const { instanceId, region, stage } = await identity();
instance = instanceId;
const cloudWatch = new CloudWatchClient({ region, maxAttempts: 5 });
const autoScaling = new AutoScalingClient({ region, maxAttempts: 5 });
const path = join(folder, 'journal.log');
const file = new LineFile(path);
const read = journalReader({
  instance,
  write: (line) => file.append(line),
  publishGpuError: () => publishCount(cloudWatch, stage, METRICS.gpuErrors),
  markUnhealthy: () => setUnhealthy(autoScaling, instance),
  log,
});

const watchDelivery = deliveryWatch({
  written: () => file.size,
  readState: () => readFile(join(AGENT_STATE, path.replaceAll('/', '_')), 'utf8'),
  publishFailure: () => publishCount(cloudWatch, stage, METRICS.logDeliveryFailures),
  log,
});
setInterval(() => void watchDelivery(), MINUTE_MS);

const journalctl = spawn(
  'journalctl',
  [
    // --all: else journalctl leaves out fields of more than 4 kB.
    ...['--boot', '--follow', '--no-tail', '--all', '--output=json'],
    `--output-fields=${JOURNAL_FIELDS.join(',')}`,
    `--cursor-file=${join(folder, 'cursor')}`,
  ],
  { stdio: ['ignore', 'pipe', 'inherit'] },
);
journalctl.on('error', (error) => {
  log('error', 'journal-not-read', { error: describeError(error) });
  process.exit(1);
});
for await (const json of createInterface({ input: journalctl.stdout })) await read(json);
log('error', 'journal-not-read', { error: 'journalctl has ended' });
process.exit(1);
