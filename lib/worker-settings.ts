/** The worker's settings as an SSM parameter, so that one image serves every stage. */
import { createHash } from 'node:crypto';
import { Stack } from 'aws-cdk-lib';
import * as ssm from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { workerParameterName } from '../contract/names.ts';
import type { WorkerSettings } from '../contract/worker.ts';
import { graphsOf } from '../contract/photo-workflow.ts';

/** Characters that Parameter Store takes at no charge, and for about 0.05 USD a month. */
const STANDARD_LIMIT = 4096;
const ADVANCED_LIMIT = 8192;
/** Characters for addresses and names, which are longer at deploy than their tokens. */
const MARGIN = 500;

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
    const { stage } = settings;
    const size = JSON.stringify(settings).length + MARGIN;
    if (size > ADVANCED_LIMIT) {
      const graphs = graphsOf(settings);
      const length = graphs.reduce((sum, one) => sum + JSON.stringify(one).length, 0);
      const names = graphs.map(({ name }) => `'${name}'`).join(', ');
      throw new Error(
        `workflow${graphs.length > 1 ? 's' : ''} ${names}: ${length} characters of JSON, at most ${length - (size - ADVANCED_LIMIT)}, since an SSM parameter holds ${graphs.length > 1 ? 'them' : 'it'}`,
      );
    }
    new ssm.StringParameter(this, 'Parameter', {
      parameterName: workerParameterName(stage),
      tier: size > STANDARD_LIMIT ? ssm.ParameterTier.ADVANCED : undefined,
      stringValue: Stack.of(this).toJsonString(settings),
    });
  }
}
