/** Runs `cdk bootstrap`, `synth` and `deploy` of the unmodified CLI against the local AWS. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { z } from 'zod';
import { cdkCli } from '../../common/cdk.ts';
import {
  childEnvironment,
  clientConfig,
  ACCOUNT,
  homeDirectory,
  localPath,
  REGION,
} from '../../common/environment.ts';
import { amiParameterName, LAUNCH_HOOK } from '../../contract/names.ts';
import { runToEnd } from '../../common/processes.ts';

const outputsSchema = z.record(z.string(), z.record(z.string(), z.string()));

/** Values of a stack's outputs, by output name. */
export type StackOutputs = Record<string, string>;

const SCALER_VARIABLE = 'LAUNCH_TIMEOUT_SECONDS';
/** Local instances are processes. */
const LOCAL_IMAGE = 'ami-00000000000000000';
const POLICY_VARIABLE = 'POLICY';

/**
 * For every run of the CDK's CLI here. The CDK's own rules on templates take half of a synth; `npm test` applies them to each stage,
 * and every synth for AWS does.
 */
const WITHOUT_RULES = { CDK_VALIDATION: 'false' };

/** Runs the CDK's CLI. @throws when it fails, with the end of its output */
export async function cdk(
  endpoint: string,
  args: string[],
  abort: AbortSignal,
  { cwd = process.cwd(), env = {} }: { cwd?: string; env?: Record<string, string> } = {},
): Promise<void> {
  const { code, output } = await runToEnd(process.execPath, [cdkCli(), ...args, '--no-notices', '--ci'], {
    cwd,
    env: { ...childEnvironment(endpoint), ...WITHOUT_RULES, ...env },
    abort,
  });
  if (code !== 0) throw new Error(`cdk ${args[0]} failed with ${code}:\n${output.trim().slice(-4000)}`);
}

/** Synthesises the stack of a stage. @returns the folder of the assembly */
export async function synth(
  endpoint: string,
  stage: string,
  abort: AbortSignal,
  workflow?: string,
): Promise<string> {
  const assembly = localPath('cdk.out');
  const context = [`stage=${stage}`, ...(workflow === undefined ? [] : [`workflow=${workflow}`])];
  const args = ['synth', '--quiet', ...context.flatMap((pair) => ['-c', pair]), '--output', assembly];
  await cdk(endpoint, args, abort);
  return assembly;
}

function changeTemplates(assembly: string, change: (name: string, value: unknown) => unknown): void {
  for (const name of readdirSync(assembly).filter((file) => file.endsWith('.template.json'))) {
    const path = join(assembly, name);
    writeFileSync(path, JSON.stringify(JSON.parse(readFileSync(path, 'utf8'), change)));
  }
}

/**
 * Changes the first guess of the service time in an assembly: that of a stage is for its instances, and a stand-in takes what it is started with.
 *
 * @param seconds above 0
 * @throws Error when no policy of the assembly has a service time
 */
export function setFirstServiceTime(assembly: string, seconds: number): void {
  let changed = false;
  changeTemplates(assembly, (name, value) => {
    if (name !== POLICY_VARIABLE || typeof value !== 'string') return value;
    const policy = JSON.parse(value) as Record<string, unknown>;
    if (policy.serviceSeconds === undefined) return value;
    changed = true;
    return JSON.stringify({ ...policy, serviceSeconds: seconds });
  });
  if (!changed) throw new Error(`'${assembly}' has no ${POLICY_VARIABLE} with serviceSeconds`);
}

/**
 * Changes the timeout of the launch hook in an assembly: of the hook, and in the environment of the scaler.
 *
 * @param seconds whole
 * @throws Error when the assembly has not both
 */
export function setLaunchTimeout(assembly: string, seconds: number): void {
  const changed = new Set<string>();
  changeTemplates(assembly, (name, value) => {
    const isHook = (value as { LifecycleHookName?: unknown } | null)?.LifecycleHookName === LAUNCH_HOOK;
    if (!isHook && name !== SCALER_VARIABLE) return value;
    changed.add(isHook ? LAUNCH_HOOK : name);
    return isHook ? { ...(value as object), HeartbeatTimeout: seconds } : String(seconds);
  });
  if (changed.size !== 2)
    throw new Error(`'${assembly}' has no ${LAUNCH_HOOK} hook or no ${SCALER_VARIABLE}`);
}

export const bootstrap = (endpoint: string, abort: AbortSignal) =>
  // In a folder without an app, since the CLI would otherwise synthesise it.
  cdk(endpoint, ['bootstrap', `aws://${ACCOUNT}/${REGION}`], abort, { cwd: homeDirectory() });

/** Names an image of the stage, as a bake does: a template with a warm pool reads the name at the deploy. */
export async function nameImage(endpoint: string, stage: string): Promise<void> {
  const image = {
    Name: amiParameterName(stage),
    Value: LOCAL_IMAGE,
    Type: 'String' as const,
    Overwrite: true,
  };
  await new SSMClient(clientConfig(endpoint)).send(new PutParameterCommand(image));
}

/**
 * Deploys all stacks of an app, or of an assembly folder.
 *
 * `--method=direct`, because the local AWS loses the change set of a deploy that changes nothing.
 *
 * @returns the outputs of each stack
 */
export async function deployAll(
  endpoint: string,
  app: string,
  abort: AbortSignal,
  outputsFile = localPath('outputs.json'),
  env: Record<string, string> = {},
): Promise<Record<string, StackOutputs>> {
  const args = ['deploy', '--app', app, '--all', '--method=direct', '--require-approval', 'never'];
  await cdk(endpoint, [...args, '--progress', 'events', '--outputs-file', outputsFile], abort, { env });
  return outputsSchema.parse(JSON.parse(readFileSync(outputsFile, 'utf8')));
}

/** Deploys an assembly of one stack. @returns the stack's outputs */
export async function deploy(
  endpoint: string,
  assembly: string,
  abort: AbortSignal,
): Promise<StackOutputs & { StackName: string }> {
  const stacks = Object.entries(await deployAll(endpoint, assembly, abort));
  const [stack, ...others] = stacks;
  if (!stack || others.length > 0)
    throw new Error(`expected one stack in '${assembly}', found ${stacks.length}`);
  return { ...stack[1], StackName: stack[0] };
}

/** URL of an HTTP API on the local AWS; the stack's own output names amazonaws.com. */
export const localApiUrl = (endpoint: string, apiId: string) =>
  `${endpoint}/_aws/execute-api/${apiId}/$default/`;
