/** Settings of a measured worker, without a stage. */
import { readFileSync } from 'node:fs';
import type { WorkerSettings } from '../../contract/worker.ts';
import { workflowSchema } from '../../contract/workflow.ts';

export const settingsFor = (
  device: WorkerSettings['device'],
  path: WorkerSettings['path'],
  workflow = 'ddcolor',
): WorkerSettings => ({
  stage: 'bench',
  queueUrl: 'http://localhost/queue',
  bucketName: 'photos',
  groupName: 'group',
  tableName: 'table',
  maxReceiveCount: 5,
  visibilityTimeoutSeconds: 120,
  maxMegapixels: 100,
  device,
  noticePollSeconds: 5,
  path,
  workflow: workflowSchema.parse(JSON.parse(readFileSync(`ami/workflow/${workflow}.json`, 'utf8'))),
});
