/**
 * A function of the stack: bundled with its SDK, so that the pinned version runs, and with a log group that expires.
 *
 * In the repository its source is bundled at synth; the package has it bundled already, so that whoever installs that needs
 * neither esbuild nor our dependencies.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { RemovalPolicy, type Duration } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { LogLevel, NodejsFunction, OutputFormat, type ICommandHooks } from 'aws-cdk-lib/aws-lambda-nodejs';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { BUNDLING, PREBUILT } from './bundling.ts';
import { allow, type Permission } from './permissions.ts';

export interface BundledFunctionProps extends Pick<
  lambda.FunctionOptions,
  'environment' | 'retryAttempts' | 'maxEventAge'
> {
  /** File that exports `handler`. */
  readonly entry: string;
  /** After which the function is cut off. */
  readonly timeout: Duration;
  /**
   * Commands that put more files beside the bundle, in its folder.
   *
   * @default - the bundle is all there is
   */
  readonly commands?: (folder: string) => string[];
}

export class BundledFunction extends Construct {
  readonly function: lambda.Function;
  private readonly role: iam.Role;

  constructor(scope: Construct, id: string, props: BundledFunctionProps) {
    super(scope, id);
    const { commands, entry, ...rest } = props;
    const logGroup = new logs.LogGroup(this, 'Logs', {
      retention: logs.RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    // AWS's own policy for functions lets them write into every log of the account.
    this.role = new iam.Role(this, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    this.allow({
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [logGroup.logGroupArn],
      wildcard: 'streams of its own log group, which Lambda names',
    });
    const common = {
      ...rest,
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      memorySize: 256,
      logGroup,
      role: this.role,
      environment: { NODE_OPTIONS: '--enable-source-maps', ...rest.environment },
    };
    this.function = existsSync(entry)
      ? new NodejsFunction(this, 'Function', {
          ...common,
          entry,
          bundling: {
            ...BUNDLING,
            format: OutputFormat.ESM,
            sourceMap: true,
            externalModules: [],
            logLevel: LogLevel.WARNING,
            ...(commands ? { commandHooks: hooks(commands) } : {}),
          },
        })
      : new lambda.Function(this, 'Function', {
          ...common,
          handler: 'index.handler',
          code: lambda.Code.fromAsset(join(dirname(entry), PREBUILT)),
        });
  }

  /** Lets the function do something. */
  allow(permission: Permission): void {
    allow(this.role, permission);
  }
}

const hooks = (commands: (folder: string) => string[]): ICommandHooks => ({
  beforeInstall: () => [],
  beforeBundling: () => [],
  afterBundling: (_input, output) => commands(output),
});
