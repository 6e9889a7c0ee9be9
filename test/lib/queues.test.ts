/** What of a stage's template knows one job queue, or a folder of one, knows the others too; what knows some only is listed here, with the reason. */
import { describe, expect, it } from 'vitest';
import type { AlarmId } from '../../contract/alarms.ts';
import { FOLDERS, QUEUE_OUTPUTS, QUEUES, type QueueFolders, type QueueName } from '../../contract/lanes.ts';
import { propertiesOf, synthesise, withPlainIds } from './template.ts';

const template = withPlainIds(
  synthesise('prod', { access: 'iam', probePhoto: 'daily', outcomeEvents: true, webhooks: true }),
);
const OF: Record<QueueName, string> = {
  interactive: 'Jobs',
  sidelined: 'SidelinedJobs',
  bulk: 'BulkJobs',
};
const count = (text: string, what: RegExp) => [...text.matchAll(what)].length;

/** Resources that name some of the queues more often than others, and which they name. @param named what each queue is named by */
const knowSome = (named: (queue: QueueName) => RegExp) =>
  Object.fromEntries(
    Object.entries(template.Resources).flatMap(([id, resource]) => {
      const text = JSON.stringify({ ...resource, Type: '' });
      const times = QUEUES.map((queue) => count(text, named(queue)));
      const known = QUEUES.filter((_, k) => times[k]! === Math.max(...times));
      return new Set(times).size === 1 ? [] : [[id, known.join()]];
    }),
  );

describe('all that know one know all, but for', () => {
  it('the job queues', () =>
    expect(knowSome((queue) => new RegExp(`"${OF[queue]}Queue"`, 'g'))).toEqual({
      // Who may send to it.
      JobsQueuePolicy: 'interactive',
      SidelinedJobsQueuePolicy: 'sidelined',
      BulkJobsQueuePolicy: 'bulk',
      // Each with its own promise; that of bulk, a deadline, is in the scaler's metrics.
      MonitoringAlarmoldestphoto: 'interactive',
      MonitoringAlarmoldestsidelinedphoto: 'sidelined',
      MonitoringDashboard: 'interactive,sidelined',
    }));

  it.each<[keyof QueueFolders, Record<string, string>]>([
    [
      'photos',
      {
        // A bulk photo waits for its deadline: it wakes no fleet.
        ScalerWake: 'interactive,sidelined',
        // It sends its photo to the lane that has a target wait.
        ProbeFunctionRoleDefaultPolicy: 'interactive',
      },
    ],
    ['results', { ProbeFunctionRoleDefaultPolicy: 'interactive' }],
    ['failed', { ProbeFunctionRoleDefaultPolicy: 'interactive' }],
  ])('the folders of %s', (kind, some) =>
    expect(knowSome((queue) => new RegExp(`(?<![\\w-])${FOLDERS[queue][kind]}`, 'g'))).toEqual(some),
  );

  it('the outputs', () =>
    expect(QUEUES.map((queue) => template.Outputs[QUEUE_OUTPUTS[queue]]?.Value)).toEqual(
      QUEUES.map((queue) => ({ Ref: `${OF[queue]}Queue` })),
    ));
});

it.each<[AlarmId, queue: string]>([
  ['oldest-photo', 'JobsQueue'],
  ['oldest-sidelined-photo', 'SidelinedJobsQueue'],
  ['dead-letters', 'JobsDeadLetters'],
  ['outcome-age', 'OutcomeEventsOutcomesQueue'],
  ['outcome-dead-letters', 'OutcomeEventsOutcomesDeadLetters'],
  ['webhook-dead-letters', 'WebhooksDeadLetters'],
])('the alarm %s is of its own queue', (id, queue) =>
  expect(propertiesOf(template, `MonitoringAlarm${id.replaceAll('-', '')}`).Dimensions).toEqual([
    { Name: 'QueueName', Value: { 'Fn::GetAtt': [queue, 'QueueName'] } },
  ]),
);
