/** Reads lines from the log groups of a stage. */
import {
  CloudWatchLogsClient,
  FilterLogEventsCommand,
  ResourceNotFoundException,
} from '@aws-sdk/client-cloudwatch-logs';
import type { ClientConfig } from '../shared/deployment.ts';
import { awsCall } from '../shared/aws-errors.ts';
import type { LogEvent, Origin } from './line.ts';

export interface Source {
  group: string;
  /** Undefined: the instance that a stream is named by. */
  origin: Origin | undefined;
  /** Only of this stream. @default - all */
  stream?: string | undefined;
}

export interface Wanted {
  /** A text that the lines have. @default - any */
  term?: string | undefined;
  /** Epoch milliseconds. */
  from: number;
}

/** @returns events since a time, the earliest first */
export type ReadLogs = (wanted: Wanted) => Promise<LogEvent[]>;

export function logReader(config: ClientConfig, sources: Source[], signal: AbortSignal): ReadLogs {
  const client = new CloudWatchLogsClient(config);
  const eventsOf = async ({ group, origin, stream }: Source, { term, from }: Wanted): Promise<LogEvent[]> => {
    const events: LogEvent[] = [];
    let nextToken: string | undefined;
    do {
      const page = await awsCall(`log group ${group}`, 'logs:FilterLogEvents on the log groups', signal, () =>
        client.send(
          new FilterLogEventsCommand({
            logGroupName: group,
            startTime: from,
            ...(term !== undefined && { filterPattern: `"${term}"` }),
            ...(stream !== undefined && { logStreamNames: [stream] }),
            nextToken,
          }),
          { abortSignal: signal },
        ),
      ).catch((error: Error) => {
        // An instance that has written nothing has no stream.
        if (stream !== undefined && error instanceof ResourceNotFoundException) return undefined;
        throw error;
      });
      for (const { timestamp = 0, message = '', logStreamName = '' } of page?.events ?? [])
        events.push({ at: timestamp, origin: origin ?? logStreamName, text: message });
      nextToken = page?.nextToken;
    } while (nextToken !== undefined);
    return events;
  };
  return async (wanted) => {
    const all = await Promise.all(sources.map((source) => eventsOf(source, wanted)));
    return all.flat().sort((a, b) => a.at - b.at);
  };
}
