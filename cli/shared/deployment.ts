/** A stage's stack, in an AWS account or on this machine, with the configuration of SDK clients for it. */
import { readLocalRun } from '../../common/local-run.ts';
import { UserError } from '../../common/errors.ts';
import { regionKnown } from './aws-errors.ts';
import { requestHandler, type RequestHandler } from './proxy.ts';
import type { Outputs } from './stack.ts';
import type { Target } from './target.ts';

export interface Deployment extends Target {
  region: string;
  config: ClientConfig;
  /** On this machine, another endpoint answers for Auto Scaling. */
  autoScalingConfig: ClientConfig;
}

/** How reports name it. */
export type StackName = Pick<Deployment, 'stage' | 'stack' | 'region'>;

export interface ClientConfig {
  region: string;
  maxAttempts: number;
  requestHandler: RequestHandler;
  endpoint?: string;
  credentials?: { accessKeyId: string; secretAccessKey: string };
}

/** Short: the operator waits for the answer. */
const MAX_ATTEMPTS = 3;
const TIMEOUTS = { connectionTimeout: 5000, socketTimeout: 20_000 };

/** @throws UserError when nothing runs on this machine, or the region is unknown; UsageError for a proxy that is none */
export async function deploymentOf(target: Target): Promise<Deployment> {
  if (target.local) {
    const { stage, stack, region, account, secretAccessKey, endpoint, autoScalingEndpoint } = readLocalRun();
    const credentials = { accessKeyId: account, secretAccessKey };
    const config = { maxAttempts: MAX_ATTEMPTS, requestHandler: TIMEOUTS, region, credentials, endpoint };
    const autoScalingConfig = { ...config, endpoint: autoScalingEndpoint };
    return { stage, stack, local: true, region, config, autoScalingConfig };
  }
  const region = target.region ?? (await ownRegion());
  const config = {
    maxAttempts: MAX_ATTEMPTS,
    requestHandler: await requestHandler(process.env, TIMEOUTS),
    region,
  };
  return { ...target, region, config, autoScalingConfig: config };
}

/** The region of the AWS configuration, which any SDK client reads. */
async function ownRegion(): Promise<string> {
  const { STSClient } = await import('@aws-sdk/client-sts');
  return regionKnown(new STSClient({}).config.region);
}

/** @throws UserError, also when there is no such stack; ApiError */
export async function outputsOf(place: Deployment, signal: AbortSignal): Promise<Outputs> {
  const { readOutputs } = await import('./stack.ts');
  return readOutputs(place.config, place.stack, `--stage '${place.stage}'`, signal);
}

/** @throws UserError when the stack has no output of that name */
export function output(outputs: Outputs, name: string, { stack }: Pick<Deployment, 'stack'>): string {
  const value = outputs[name];
  if (value !== undefined) return value;
  throw new UserError(`The stack ${stack} has no output ${name}: it was deployed by another version.`);
}
