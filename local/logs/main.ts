/**
 * Entry of the process that stands in for the CloudWatch agent of a local instance.
 *
 * Usage: node log-agent.mjs FILE STATE GROUP STREAM. SIGTERM delivers what is left and ends it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CloudWatchLogsClient,
  CreateLogStreamCommand,
  PutLogEventsCommand,
  ResourceAlreadyExistsException,
  type InputLogEvent,
} from '@aws-sdk/client-cloudwatch-logs';
import { printError } from '../../common/terminal.ts';
import { describeError } from '../../worker/telemetry/log.ts';
import { LogAgent } from './agent.ts';

const FLUSH_MS = 500;
const ANSWER_MS = 5000;

const [path = '', statePath = '', logGroupName = '', logStreamName = ''] = process.argv.slice(2);
// The loop tries again.
const logs = new CloudWatchLogsClient({
  maxAttempts: 1,
  requestHandler: { requestTimeout: ANSWER_MS, throwOnRequestTimeout: true },
});
let hasStream = false;

async function put(events: InputLogEvent[]): Promise<void> {
  if (events.length === 0) return;
  if (!hasStream) {
    await logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName })).catch((error: unknown) => {
      if (!(error instanceof ResourceAlreadyExistsException)) throw error;
    });
    hasStream = true;
  }
  const logEvents = events.sort((a, b) => (a.timestamp ?? 0) - (b.timestamp ?? 0));
  await logs.send(new PutLogEventsCommand({ logGroupName, logStreamName, logEvents }));
}

const agent = new LogAgent({ path, statePath, put, now: Date.now });
const stop = new AbortController();
process.on('SIGTERM', () => stop.abort());

let reported = '';
async function deliver(): Promise<void> {
  try {
    await agent.deliver();
    reported = '';
  } catch (error) {
    const reason = describeError(error);
    if (reason !== reported) printError(`lines not delivered: ${reason}`);
    reported = reason;
  }
}

while (!stop.signal.aborted) {
  await deliver();
  await sleep(FLUSH_MS, undefined, { signal: stop.signal }).catch(() => undefined);
}
await deliver();
process.exit(0);
