/**
 * Secrets by which the gateway knows its CloudFront distribution: the one in use, and the next one, which the gateway accepts already.
 *
 * So a new one takes effect without a refused request: the deploy first gives the distribution the secret that the gateway
 * has accepted since the last deploy, and then makes the one after it.
 */
import { join } from 'node:path';
import { CustomResource, Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { BundledFunction } from './bundled-function.ts';
import type { LogOptions } from './stage/logs.ts';

export interface OriginSecretsProps extends LogOptions {
  /** Number of the secret in use. */
  readonly originSecretVersion: number;
}

export class OriginSecrets extends Construct {
  /** The one in use: the template has a reference to it. */
  readonly secret: string;
  /** Of the one in use and the next one. */
  readonly digests: string[];

  constructor(scope: Construct, id: string, props: OriginSecretsProps) {
    super(scope, id);
    const { originSecretVersion, logRetentionDays } = props;
    const handler = new BundledFunction(this, 'Handler', {
      entry: join(import.meta.dirname, '..', 'lambda', 'origin-secret', 'handler.ts'),
      timeout: Duration.seconds(30),
      logRetentionDays,
    });
    const [current, next] = [originSecretVersion, originSecretVersion + 1].map((version) => {
      const resource = new CustomResource(this, `Secret${version}`, {
        serviceToken: handler.function.functionArn,
        resourceType: 'Custom::OriginSecret',
        serviceTimeout: Duration.minutes(2),
      });
      // The function needs its log before the resource calls it.
      resource.node.addDependency(handler);
      return resource;
    });
    this.secret = current!.getAttString('Secret');
    this.digests = [current!, next!].map((one) => one.getAttString('Digest'));
  }
}
