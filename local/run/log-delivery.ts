/**
 * Delivers the lines of the local instances to CloudWatch Logs of the local AWS, in the form that the reader of the journal gives
 * them on an instance; there the CloudWatch agent delivers them.
 */
import {
  CloudWatchLogsClient,
  CreateLogStreamCommand,
  PutLogEventsCommand,
  ResourceAlreadyExistsException,
  type InputLogEvent,
} from '@aws-sdk/client-cloudwatch-logs';
import { clientConfig } from '../../common/environment.ts';
import { lineOf } from '../../worker/journal/entry.ts';

const FLUSH_MS = 500;
const UNITS = { worker: 'photo-worker.service', comfyui: 'comfyui.service' } as const;

export class LogDelivery {
  private readonly client: CloudWatchLogsClient;
  private readonly waiting = new Map<string, InputLogEvent[]>();
  private readonly streams = new Set<string>();
  private readonly timer: NodeJS.Timeout;
  private sending: Promise<void> = Promise.resolve();

  constructor(
    endpoint: string,
    private readonly group: string,
  ) {
    this.client = new CloudWatchLogsClient(clientConfig(endpoint));
    this.timer = setInterval(() => void this.flush(), FLUSH_MS).unref();
  }

  add(instanceId: string, line: string, what: keyof typeof UNITS): void {
    const timestamp = Date.now();
    const entry = { MESSAGE: line, _SYSTEMD_UNIT: UNITS[what], __REALTIME_TIMESTAMP: `${timestamp}000` };
    const message = lineOf(JSON.stringify(entry), instanceId)?.text;
    if (message === undefined) return;
    const events = this.waiting.get(instanceId) ?? [];
    this.waiting.set(instanceId, [...events, { timestamp, message }]);
  }

  /** Delivers what waits; lines of an AWS that has stopped are lost. */
  flush(): Promise<void> {
    this.sending = this.sending.then(() => this.send());
    return this.sending;
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.flush();
  }

  private async send(): Promise<void> {
    const batches = [...this.waiting];
    this.waiting.clear();
    for (const [logStreamName, logEvents] of batches)
      await this.deliver(logStreamName, logEvents).catch(() => undefined);
  }

  private async deliver(logStreamName: string, logEvents: InputLogEvent[]): Promise<void> {
    const { group: logGroupName } = this;
    if (!this.streams.has(logStreamName)) {
      const create = new CreateLogStreamCommand({ logGroupName, logStreamName });
      await this.client.send(create).catch((error: unknown) => {
        if (!(error instanceof ResourceAlreadyExistsException)) throw error;
      });
      this.streams.add(logStreamName);
    }
    await this.client.send(new PutLogEventsCommand({ logGroupName, logStreamName, logEvents }));
  }
}
