/** The worker's settings as an SSM parameter, so that one image serves every stage. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { Stack } from 'aws-cdk-lib';
import * as ssm from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { z } from 'zod';
import { workerParameterName } from '../contract/names.ts';
import type { WorkerSettings } from '../contract/worker.ts';
import { withoutWords } from '../contract/workflow-option.ts';
import { workflowSchema, type Workflow } from '../contract/workflow.ts';

const WORKFLOWS = join(import.meta.dirname, '..', 'ami', 'workflow');

/** Characters that Parameter Store takes at no charge, and for about 0.05 USD a month. */
const STANDARD_LIMIT = 4096;
const ADVANCED_LIMIT = 8192;
/** Characters for addresses and names, which are longer at deploy than their tokens. */
const MARGIN = 500;

/**
 * @param name of a file of `ami/workflow/` without its extension, or the absolute path of another file
 * @throws Error when there is no such file, or it is no workflow
 */
export function loadWorkflow(name: string): Workflow {
  const file = isAbsolute(name) ? name : join(WORKFLOWS, `${name}.json`);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    const shown = isAbsolute(name) ? name : `ami/workflow/${name}.json`;
    throw new Error(`workflow '${name}': there is no ${shown}`, { cause });
  }
  const parsed = workflowSchema.safeParse(JSON.parse(text));
  if (!parsed.success) throw new Error(`workflow '${name}': ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/** A workflow as workers get it: a change of its words alone replaces no instance. @throws Error as `loadWorkflow` does */
export function workflowOfWorkers(name: string): Workflow {
  const workflow = loadWorkflow(name);
  return { ...workflow, options: withoutWords(workflow.options) };
}

/**
 * A digest of the settings, names of resources included. Workers read their settings once, so that a change of them must
 * replace the instances, as one of the launch template does.
 */
export const settingsVersion = (scope: Construct, settings: WorkerSettings): string =>
  createHash('sha256')
    .update(JSON.stringify(Stack.of(scope).resolve(settings)))
    .digest('hex')
    .slice(0, 12);

export class WorkerSettingsParameter extends Construct {
  constructor(scope: Construct, id: string, settings: WorkerSettings) {
    super(scope, id);
    const { stage, workflow } = settings;
    const size = JSON.stringify(settings).length + MARGIN;
    if (size > ADVANCED_LIMIT) {
      const { length } = JSON.stringify(workflow);
      throw new Error(
        `workflow '${workflow.name}': ${length} characters of JSON, at most ${length - (size - ADVANCED_LIMIT)}, since an SSM parameter holds it`,
      );
    }
    new ssm.StringParameter(this, 'Parameter', {
      parameterName: workerParameterName(stage),
      tier: size > STANDARD_LIMIT ? ssm.ParameterTier.ADVANCED : undefined,
      stringValue: Stack.of(this).toJsonString(settings),
    });
  }
}
