/**
 * The journals of the local instances, in the form that the reader of the journal gives them on an instance, each with the process
 * that delivers it to CloudWatch Logs and the same watch over the delivery.
 */
import { mkdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { AwsSmithyRpcV2CborProtocol } from '@aws-sdk/core/protocols';
import { clientConfig } from '../../common/environment.ts';
import { instanceLogGroupName } from '../../contract/logs.ts';
import { METRICS } from '../../contract/names.ts';
import { publishCount } from '../../worker/aws/cloudwatch-metrics.ts';
import { deliveryWatch } from '../../worker/journal/delivery.ts';
import { lineOf } from '../../worker/journal/entry.ts';
import { LineFile } from '../../worker/journal/line-file.ts';
import { jsonLog } from '../../worker/telemetry/log.ts';
import type { InstanceJournal } from '../fleet/launcher.ts';

const MINUTE_MS = 60_000;
const READER_UNIT = 'journal-lines.service';
const UNITS = { worker: 'photo-worker.service', comfyui: 'comfyui.service' } as const;

export interface JournalsOptions {
  /** Of the local AWS. */
  endpoint: string;
  stage: string;
  /** Folder with one folder per instance, which stays when the instance has ended. */
  directory: string;
  /** Path of the agent's bundle. */
  agent: string;
  /**
   * Milliseconds between two looks at the delivery; a delivery has failed at the fifth.
   *
   * @default 60000
   */
  checkMs?: number | undefined;
}

/** Files of an instance's journal. */
export const journalFiles = (directory: string, instanceId: string) => ({
  /** The lines. */
  log: join(directory, instanceId, 'journal.log'),
  /** How far the agent has delivered them. */
  state: join(directory, instanceId, 'agent-state'),
});

/** @returns makes the journal of an instance */
export function instanceJournals(options: JournalsOptions): (instanceId: string) => InstanceJournal {
  const { endpoint, stage, directory, checkMs = MINUTE_MS } = options;
  const cloudWatch = new CloudWatchClient({
    ...clientConfig(endpoint),
    protocol: AwsSmithyRpcV2CborProtocol,
  });
  return (instanceId) => {
    const { log: path, state } = journalFiles(directory, instanceId);
    mkdirSync(join(directory, instanceId), { recursive: true });
    const file = new LineFile(path);
    const write = (MESSAGE: string, unit: object) => {
      const entry = { MESSAGE, ...unit, __REALTIME_TIMESTAMP: `${Date.now()}000` };
      const line = lineOf(JSON.stringify(entry), instanceId);
      if (line) file.append(line.text);
    };
    const watch = deliveryWatch({
      written: () => file.size,
      readState: () => readFile(state, 'utf8'),
      publishFailure: () => publishCount(cloudWatch, stage, METRICS.logDeliveryFailures),
      log: jsonLog(
        () => instanceId,
        (line) => write(line, { _SYSTEMD_UNIT: READER_UNIT }),
      ),
    });
    const timer = setInterval(() => void watch(), checkMs).unref();
    return {
      agent: {
        command: process.execPath,
        args: [options.agent, path, state, instanceLogGroupName(stage), instanceId],
      },
      write: (line, what) => write(line, { _SYSTEMD_UNIT: UNITS[what] }),
      close: () => clearInterval(timer),
    };
  };
}
