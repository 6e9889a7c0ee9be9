/** The worker's settings as an SSM parameter, so that one image serves every stage. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Stack } from 'aws-cdk-lib';
import * as ssm from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { z } from 'zod';
import { workerParameterName } from '../contract/names.ts';
import type { WorkerSettings } from '../contract/worker.ts';
import { workflowSchema, type Workflow } from '../contract/workflow.ts';
import type { Stage } from './config.ts';
import type { JobQueue } from './job-queue.ts';
import type { PhotoStore } from './photo-store.ts';

const WORKFLOWS = join(import.meta.dirname, '..', 'ami', 'workflow');

/** @throws when there is no such workflow, or it is not one */
export function loadWorkflow(name: string): Workflow {
  let text: string;
  try {
    text = readFileSync(join(WORKFLOWS, `${name}.json`), 'utf8');
  } catch (cause) {
    throw new Error(`workflow '${name}': ami/workflow has no ${name}.json`, { cause });
  }
  const parsed = workflowSchema.safeParse(JSON.parse(text));
  if (!parsed.success) throw new Error(`ami/workflow/${name}.json: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

export interface WorkerSettingsParameterProps {
  readonly stage: Stage;
  readonly photos: PhotoStore;
  readonly jobs: JobQueue;
  readonly groupName: string;
  readonly tableName: string;
}

export class WorkerSettingsParameter extends Construct {
  constructor(scope: Construct, id: string, props: WorkerSettingsParameterProps) {
    super(scope, id);
    const { stage, photos, jobs, groupName, tableName } = props;
    const settings: WorkerSettings = {
      stage: stage.name,
      queueUrl: jobs.queue.queueUrl,
      bucketName: photos.bucket.bucketName,
      groupName,
      tableName,
      maxReceiveCount: jobs.maxReceiveCount,
      visibilityTimeoutSeconds: stage.visibilityTimeoutSeconds,
      maxMegapixels: stage.maxMegapixels,
      device: stage.device,
      noticePollSeconds: stage.noticePollSeconds,
      path: stage.path,
      workflow: loadWorkflow(stage.workflow),
    };
    new ssm.StringParameter(this, 'Parameter', {
      parameterName: workerParameterName(stage.name),
      stringValue: Stack.of(this).toJsonString(settings),
    });
  }
}
