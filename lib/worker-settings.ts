/** The worker's settings as an SSM parameter, so that one image serves every stage. */
import { readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { Stack } from 'aws-cdk-lib';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as ssm from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { z } from 'zod';
import { workerParameterName } from '../contract/names.ts';
import type { WorkerSettings } from '../contract/worker.ts';
import { workflowSchema, type Workflow } from '../contract/workflow.ts';
import type { JobQueue } from './job-queue.ts';
import type { PhotoStore } from './photo-store.ts';

const WORKFLOWS = join(import.meta.dirname, '..', 'ami', 'workflow');

/** Characters that Parameter Store takes for nothing, and for some cents a month. */
const STANDARD_LIMIT = 4096;
const ADVANCED_LIMIT = 8192;
/** For addresses and names, which are longer once they are known. */
const MARGIN = 500;

/**
 * @param name of a file of `ami/workflow/` without its ending, or an absolute path of one elsewhere
 * @throws when there is no such workflow, or it is not one
 */
export function loadWorkflow(name: string): Workflow {
  const file = isAbsolute(name) ? name : join(WORKFLOWS, `${name}.json`);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new Error(
      `workflow '${name}': there is no ${isAbsolute(name) ? name : `ami/workflow/${name}.json`}`,
      {
        cause,
      },
    );
  }
  const parsed = workflowSchema.safeParse(JSON.parse(text));
  if (!parsed.success) throw new Error(`workflow '${name}': ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/** What a user of a fleet may say of its workers. */
export interface WorkerOptions {
  /**
   * The ComfyUI graph: name of a file of `ami/workflow/` without its ending, or the absolute path of another one. The image
   * needs the graph's nodes and models.
   *
   * @default ddcolor
   */
  readonly workflow?: string;
  /**
   * What ComfyUI gets of a photo: `chroma`, a small copy whose colours are merged with the photo's own lightness, or `plain`.
   *
   * @default chroma - where the workflow says that it computes chroma at a fixed size, else plain
   */
  readonly path?: 'chroma' | 'plain';
  /**
   * What ComfyUI must compute on before a worker takes a photo.
   *
   * @default - cuda: an instance whose GPU does not work never comes into service
   */
  readonly device?: 'cuda' | 'cpu';
  /**
   * Largest picture that is taken, in millions of pixels.
   *
   * @default 100
   */
  readonly maxMegapixels?: number;
  /**
   * Seconds between two looks of the worker at Spot notice and lifecycle state.
   *
   * @default 5
   */
  readonly noticePollSeconds?: number;
}

export interface WorkerSettingsParameterProps extends WorkerOptions {
  readonly stageName: string;
  readonly photos: PhotoStore;
  readonly jobs: JobQueue;
  readonly table: dynamodb.ITable;
  readonly groupName: string;
}

export class WorkerSettingsParameter extends Construct {
  constructor(scope: Construct, id: string, props: WorkerSettingsParameterProps) {
    super(scope, id);
    const { stageName, photos, jobs, groupName, table } = props;
    const settings: WorkerSettings = {
      stage: stageName,
      queueUrl: jobs.queue.queueUrl,
      bucketName: photos.bucket.bucketName,
      groupName,
      tableName: table.tableName,
      maxReceiveCount: jobs.maxReceiveCount,
      visibilityTimeoutSeconds: jobs.visibilityTimeoutSeconds,
      maxMegapixels: props.maxMegapixels ?? 100,
      device: props.device ?? 'cuda',
      noticePollSeconds: props.noticePollSeconds ?? 5,
      path: props.path ?? 'chroma',
      workflow: loadWorkflow(props.workflow ?? 'ddcolor'),
    };
    const size = JSON.stringify(settings).length + MARGIN;
    if (size > ADVANCED_LIMIT) {
      const { length } = JSON.stringify(settings.workflow);
      throw new Error(
        `workflow '${settings.workflow.name}': ${length} characters of JSON, at most ${length - (size - ADVANCED_LIMIT)}, since it travels in an SSM parameter`,
      );
    }
    new ssm.StringParameter(this, 'Parameter', {
      parameterName: workerParameterName(stageName),
      tier: size > STANDARD_LIMIT ? ssm.ParameterTier.ADVANCED : undefined,
      stringValue: Stack.of(this).toJsonString(settings),
    });
  }
}
