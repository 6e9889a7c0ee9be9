/** Starts the whole stack on this machine: local AWS, fleet agent, deployed stack, bundles of an instance. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { build } from 'esbuild';
import { bundleWorker } from '../../worker/bundle.ts';
import {
  bootstrap,
  deploy,
  localApiUrl,
  nameImage,
  setFirstServiceTime,
  setLaunchTimeout,
  synth,
  type StackOutputs,
} from '../aws/deploy.ts';
import { applyTemplateSettings } from '../aws/template-settings.ts';
import { freePort, startMiniStack } from '../aws/ministack.ts';
import { childEnvironment, clientConfig, localPath } from '../../common/environment.ts';
import { startFleetAgent, type FleetAgent } from '../fleet/agent.ts';
import { processLauncher, type ProcessLauncherOptions } from '../fleet/launcher.ts';
import { runToEnd } from '../../common/processes.ts';
import type { Scope } from '../../common/scope.ts';
import { UserError } from '../../common/errors.ts';
import { instanceJournals } from '../logs/journals.ts';
import { stages, type StageName } from '../../bin/stages.ts';

/** Seconds from the launch of a local instance to the start of its processes. */
const BOOT_SECONDS = 4;
/** The same for a stopped instance: AWS's samples boot in 243 s and resume in 36 s. */
const RESUME_SECONDS = 1;
const FLEET_SEED = 1;

export interface LocalStack {
  endpoint: string;
  outputs: StackOutputs & { StackName: string };
  agent: FleetAgent;
  groupName: string;
  /** Of all groups: Spot, and on demand where the stage has a fallback. */
  groupNames: string[];
  /** URL of the gateway and its page; undefined for a stage without one. */
  apiUrl: string | undefined;
  s3: S3Client;
  sqs: SQSClient;
  dynamo: DynamoDBClient;
}

export interface StackOptions {
  stage: string;
  /** URL of a ComfyUI for all instances; undefined starts a stand-in for each instance. */
  comfyui: string | undefined;
  /** Name of the workflow. @default the stage's */
  workflow?: string | undefined;
  /** Path of a Python with the local AWS installed. */
  python: string;
  abort: AbortSignal;
  scope: Scope;
  say: (line: string) => void;
  onWorkerLine: (instanceId: string, line: string) => void;
  /**
   * Seconds per inference of the stand-in.
   *
   * @default 1.2 - long enough that more than one instance is needed
   */
  standInSeconds?: number;
  /** Colours that the stand-in makes up. @default patches - strong hues with edges, by which checks find faults */
  standInPalette?: 'patches' | 'fields';
  /** Maps the local AWS's endpoint to the one that workers use. @default - the same */
  workerEndpoint?: (endpoint: string) => Promise<string>;
  /** Called with each process of an instance. */
  onProcess?: ProcessLauncherOptions['onProcess'];
  /** Called after each change of a group. */
  onFleetChange?: () => void;
  /** Modules that workers import before their own code. */
  workerModules?: string[];
  /** Variables of the local AWS, which its functions inherit. */
  functionEnvironment?: Record<string, string>;
  /** Milliseconds between two looks at the delivery of logs. @default 60000 - as on an instance */
  logCheckMs?: number;
  /** Timeout of the launch hook, seconds. @default - the template's */
  launchTimeoutSeconds?: number;
}

const WORKER = localPath('build', 'worker', 'main.mjs');
const STAND_IN = localPath('build', 'comfyui', 'main.mjs');
const LOG_AGENT = localPath('build', 'log-agent', 'main.mjs');
const CANARY = localPath('build', 'canary.json');

const bundleLocal = (entry: string, outfile: string) =>
  build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    // sharp loads a native library and ws optional ones; both resolve from the repository's node_modules.
    external: ['sharp', 'ws'],
    // The SDK's CommonJS parts require Node's modules.
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    logLevel: 'error',
  });

async function bundle(): Promise<void> {
  await Promise.all([
    bundleWorker(WORKER),
    bundleLocal('local/comfyui/main.ts', STAND_IN),
    bundleLocal('local/logs/main.ts', LOG_AGENT),
  ]);
}

const paletteOf = ({ standInPalette = 'patches' }: StackOptions) => ['--palette', standInPalette];

/** Records the canary from the ComfyUI that the workers use, as an image bake does. @throws UserError */
async function recordCanary(options: StackOptions, endpoint: string): Promise<void> {
  const { stage, comfyui, workflow, abort } = options;
  const { workflow: ofStage = 'ddcolor' } = stages[stage as StageName] as { workflow?: string };
  const file = join('ami', 'workflow', `${workflow ?? ofStage}.json`);
  const child =
    comfyui === undefined
      ? fork(STAND_IN, ['--seconds', '0', ...paletteOf(options)], { silent: true })
      : undefined;
  try {
    const url = comfyui ?? ((await once(child!, 'message')) as [{ url: string }])[0].url;
    const env = { ...childEnvironment(endpoint), COMFYUI_URL: url };
    const { code, output } = await runToEnd(process.execPath, [WORKER, '--record-canary', CANARY, file], {
      abort,
      env,
    });
    if (code !== 0) throw new UserError(`ComfyUI at ${url} could not colour a test picture:\n${output}`);
  } finally {
    child?.kill();
  }
}

export async function startStack(options: StackOptions): Promise<LocalStack> {
  const { stage, comfyui, python, abort, scope, say, onWorkerLine, standInSeconds = 1.2 } = options;
  rmSync(localPath('logs'), { recursive: true, force: true });
  mkdirSync(localPath('logs', 'instances'), { recursive: true });

  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const journal = instanceJournals({
    endpoint,
    stage,
    directory: localPath('logs', 'journals'),
    agent: LOG_AGENT,
    checkMs: options.logCheckMs,
  });
  const agent = await startFleetAgent({
    upstream: endpoint,
    bootSeconds: BOOT_SECONDS,
    resumeSeconds: RESUME_SECONDS,
    seed: FLEET_SEED,
    onChange: options.onFleetChange,
    launcher: processLauncher({
      worker: { command: process.execPath, args: ['--enable-source-maps', WORKER] },
      comfyui: comfyui ?? {
        command: process.execPath,
        args: [STAND_IN, '--seconds', String(standInSeconds), ...paletteOf(options)],
      },
      env: {
        ...childEnvironment((await options.workerEndpoint?.(endpoint)) ?? endpoint),
        CANARY_FILE: CANARY,
      },
      logDirectory: localPath('logs', 'instances'),
      onLine: onWorkerLine,
      journal,
      onProcess: options.onProcess,
      workerModules: options.workerModules,
    }),
  });
  await scope.defer(() => agent.close());

  say('Deploying the stack with the CDK onto the local AWS...');
  const lambdaEnvironment = {
    AWS_ENDPOINT_URL_AUTO_SCALING: agent.url,
    ...options.functionEnvironment,
  };
  const [assembly] = await Promise.all([
    synth(endpoint, stage, abort, options.workflow),
    startMiniStack({ python, port, lambdaEnvironment, abort, scope }).then(() =>
      Promise.all([bootstrap(endpoint, abort), nameImage(endpoint, stage)]),
    ),
    bundle().then(() => recordCanary(options, endpoint)),
  ]);
  if (comfyui === undefined) setFirstServiceTime(assembly, standInSeconds);
  if (options.launchTimeoutSeconds !== undefined) setLaunchTimeout(assembly, options.launchTimeoutSeconds);
  const outputs = await deploy(endpoint, assembly, abort);
  const groupNames = await applyTemplateSettings(endpoint, outputs.StackName, agent);
  const groupName = outputs.GroupName ?? '';

  const config = clientConfig(endpoint);
  return {
    endpoint,
    outputs,
    agent,
    groupName,
    groupNames,
    apiUrl: outputs.ApiId === undefined ? undefined : localApiUrl(endpoint, outputs.ApiId),
    s3: new S3Client({ ...config, forcePathStyle: true }),
    sqs: new SQSClient(config),
    dynamo: new DynamoDBClient(config),
  };
}
