/**
 * A function of the stack: bundled with its SDK, so that the pinned version runs, and with a log group that expires.
 *
 * A checkout bundles the source at synth. The package contains the bundle, so that an app that uses it needs neither
 * esbuild nor the function's dependencies.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { AssetHashType, RemovalPolicy, type Duration } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type esbuild from 'esbuild';
import { BUNDLING, PREBUILT } from './bundling.ts';
import { allow, type Permission } from './permissions.ts';
import { LOG_FIELDS, type LogOptions } from './stage/logs.ts';

export interface BundledFunctionProps
  extends Pick<lambda.FunctionOptions, 'environment' | 'retryAttempts' | 'maxEventAge'>, LogOptions {
  /** File of the function. */
  readonly entry: string;
  /**
   * Name of the exported function, where that is another one.
   *
   * @default handler
   */
  readonly handler?: string;
  /** After which the function is cut off. */
  readonly timeout: Duration;
  /**
   * Commands, each a program and its arguments, that put more files into the folder of the bundle.
   *
   * @default - the bundle is all there is
   */
  readonly commands?: (folder: string) => string[][];
  /**
   * A function whose role and log group this one shares.
   *
   * @default - a role and a log group of its own
   */
  readonly beside?: BundledFunction;
}

export class BundledFunction extends Construct {
  readonly function: lambda.Function;
  readonly logGroup: logs.LogGroup;
  private readonly role: iam.Role;

  constructor(scope: Construct, id: string, props: BundledFunctionProps) {
    super(scope, id);
    const {
      beside,
      handler = 'handler',
      commands,
      entry,
      logRetentionDays = LOG_FIELDS.logRetentionDays.default,
      ...rest
    } = props;
    this.logGroup =
      beside?.logGroup ??
      new logs.LogGroup(this, 'Logs', { retention: logRetentionDays, removalPolicy: RemovalPolicy.DESTROY });
    this.role = beside?.role ?? this.roleOfItsOwn();
    const common = {
      ...rest,
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      memorySize: 256,
      logGroup: this.logGroup,
      role: this.role,
      environment: { NODE_OPTIONS: '--enable-source-maps', ...rest.environment },
    };
    this.function = new lambda.Function(this, 'Function', {
      ...common,
      handler: `index.${handler}`,
      code: existsSync(entry)
        ? bundled(entry, commands)
        : lambda.Code.fromAsset(join(dirname(entry), PREBUILT)),
    });
  }

  /** AWS's own policy for functions would let them write into every log of the account. */
  private roleOfItsOwn(): iam.Role {
    const role = new iam.Role(this, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    allow(role, {
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [this.logGroup.logGroupArn],
      wildcard: 'streams of its own log group, which Lambda names',
    });
    return role;
  }

  /** Lets the function do something, and each function beside it. */
  allow(permission: Permission): void {
    allow(this.role, permission);
  }
}

/**
 * Calls esbuild in this process: `NodejsFunction` starts npm for each function, which takes most of the time of a synth.
 */
function bundled(entry: string, commands: BundledFunctionProps['commands']): lambda.Code {
  const tryBundle = (folder: string) => {
    // Loaded here, because apps that use the package have no esbuild.
    const { buildSync } = createRequire(import.meta.url)('esbuild') as typeof esbuild;
    buildSync({ ...BUNDLING, entryPoints: [entry], outfile: join(folder, 'index.mjs'), sourcemap: true });
    for (const [program = '', ...args] of commands?.(folder) ?? [])
      execFileSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    return true;
  };
  return lambda.Code.fromAsset(dirname(entry), {
    assetHashType: AssetHashType.OUTPUT,
    bundling: { image: lambda.Runtime.NODEJS_24_X.bundlingImage, local: { tryBundle } },
  });
}
