/** Saved queries of CloudWatch Logs Insights, in the folder `ddcolor-elastic/STAGE` of the console. They cost nothing until run. */
import { CfnQueryDefinition, type ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { SERVICE } from '../contract/names.ts';

type Group = 'instances' | 'scaler' | 'gateway' | 'usage';

interface Query {
  groups: readonly Group[];
  /** Lines of the query language; they are joined by pipes. */
  lines: readonly string[];
}

/** By name. */
export const QUERIES: Record<string, Query> = {
  'photo by trace id': {
    groups: ['gateway', 'instances'],
    lines: ['fields @timestamp, @message', "filter trace = 'TRACE_ID'", 'sort @timestamp asc'],
  },
  'failed attempts by error': {
    groups: ['instances'],
    lines: [
      "filter event = 'attempt-failed'",
      'stats count(*) as attempts by fault, error',
      'sort attempts desc',
    ],
  },
  'attempts by instance': {
    groups: ['instances'],
    lines: [
      "filter event = 'photo-finished'",
      'stats count(*) as attempts, sum(outcome = "returned") as returned by instance',
      'sort returned desc',
    ],
  },
  'slowest photos': {
    groups: ['instances'],
    lines: [
      "filter event = 'photo-finished'",
      'fields @timestamp, photo, seconds, megapixels, fetchSeconds, prepareSeconds, slotWaitSeconds, comfySeconds',
      'sort seconds desc',
      'limit 50',
    ],
  },
  'kernel and GPU errors': {
    groups: ['instances'],
    lines: [
      'fields @timestamp, instance, message',
      "filter source = 'kernel' and message like /NVRM: Xid|Out of memory|segfault/",
      'sort @timestamp desc',
    ],
  },
  'boots that failed': {
    groups: ['instances'],
    lines: [
      'fields @timestamp, instance, source, event, coalesce(error, reason, message) as what',
      "filter level in ['error', 'warn'] and event != 'attempt-failed'",
      'sort @timestamp desc',
      'limit 500',
    ],
  },
  'decisions of the scaler': {
    groups: ['scaler'],
    lines: ["filter message = 'tick-finished'", 'stats count(*) as ticks by reason, bin(5m)'],
  },
  'usage by caller': {
    groups: ['usage'],
    lines: [
      "filter message = 'usage-counted'",
      'stats sum(coloured) as photos, sum(failed) as failures, sum(workedSeconds) as seconds by caller',
      'sort seconds desc',
    ],
  },
  'requests that failed': {
    groups: ['gateway'],
    lines: [
      'fields @timestamp, requestId, route, status, code, error',
      "filter message = 'request-handled' and status >= 500",
      'sort @timestamp desc',
    ],
  },
};

export class SavedQueries extends Construct {
  constructor(scope: Construct, id: string, stageName: string, logs: Partial<Record<Group, ILogGroup>>) {
    super(scope, id);
    for (const [name, { groups, lines }] of Object.entries(QUERIES)) {
      const there = groups.map((group) => logs[group]).filter((group) => group !== undefined);
      if (there.length === 0) continue;
      new CfnQueryDefinition(this, name.replaceAll(' ', '-'), {
        name: `${SERVICE}/${stageName}/${name}`,
        queryString: lines.join('\n| '),
        logGroupNames: there.map(({ logGroupName }) => logGroupName),
      });
    }
  }
}
