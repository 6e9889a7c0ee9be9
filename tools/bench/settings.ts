/** Settings of a measured worker, without a stage. */
import { readFileSync } from 'node:fs';
import { withDefaults } from '../../contract/field.ts';
import { QUEUE_FIELDS, WORKER_FIELDS, type WorkerSettings } from '../../contract/worker.ts';
import { workflowSchema } from '../../contract/workflow.ts';

export const settingsFor = (
  device: WorkerSettings['device'],
  path: WorkerSettings['path'],
  workflow = 'ddcolor',
): WorkerSettings => ({
  stage: 'bench',
  queueUrl: 'http://localhost/queue',
  deadLetterQueueUrl: 'http://localhost/dead-letters',
  bucketName: 'photos',
  groupName: 'group',
  tableName: 'table',
  workKeyPrefix: 'work#AROAEXAMPLE:',
  ...withDefaults(QUEUE_FIELDS),
  ...withDefaults(WORKER_FIELDS, { device, path }),
  workflow: workflowSchema.parse(JSON.parse(readFileSync(`ami/workflow/${workflow}.json`, 'utf8'))),
});
