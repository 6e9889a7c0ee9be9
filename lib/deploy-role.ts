/**
 * Roles of a pipeline on GitHub for one stage, without a key that could leak.
 *
 * Gotcha: the roles trust the name of a GitHub environment. GitHub decides which branches may use it, so its settings must
 * name `main` only (docs/pipelines.md).
 */
import { CfnOutput, DefaultStackSynthesizer, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { choice, text, withDefaults } from '../contract/field.ts';
import { FAILED, INCOMING, RESULTS } from '../contract/keys.ts';
import { amiParameterName, keyAlias } from '../contract/names.ts';
import { acknowledgeWildcards } from './permissions.ts';
import { photoBucketName } from './photo-store.ts';
import { problemsOf, tokensIn } from './stage/check.ts';
import { STAGE_NAME } from './stage/stage.ts';

/** GitHub's token issuer. */
const ISSUER = 'token.actions.githubusercontent.com';
const AUDIENCE = 'sts.amazonaws.com';
/** Prefix of the smoke test's photos, below those of all photos. */
const SMOKE = 'smoke/';
/**
 * Roles of the CDK bootstrap that a deploy assumes. Not `lookup`: synth looks nothing up, and that role can read everything in
 * the account, photos included. Not `image-publishing`: there is no container image.
 */
const BOOTSTRAP_ROLES = ['deploy-role', 'file-publishing-role'];

export interface DeployRoleProps {
  /**
   * Repository of the pipeline as in GitHub's tokens, case-sensitive: `owner/name`, or `owner@1234/name@5678` with the fixed
   * ids, which repositories created or renamed since 15 July 2026 have.
   */
  readonly repository: string;

  /**
   * Stage to deploy, and name of the GitHub environment.
   */
  readonly stage: string;

  /**
   * Whether the account already has a provider for GitHub's tokens; it can have one only. A new one is kept when the stack is
   * deleted, since other roles may use it.
   *
   * @default new
   */
  readonly provider?: 'new' | 'existing';

  /**
   * Qualifier of the CDK bootstrap.
   *
   * @default hnb659fds - the CDK's own
   */
  readonly qualifier?: string;

  /**
   * `encryption` of the stage: with `kms` the smoke test needs the stage's key for its photo.
   *
   * @default aws
   */
  readonly encryption?: 'aws' | 'kms';
}

const FIELDS = {
  repository: text(
    /^[a-z\d](-?[a-z\d]){0,38}(@\d+\/[\w.-]{1,100}@\d+|\/[\w.-]{1,100})$/i,
    'owner/name, or owner@1234/name@5678',
  ),
  stage: STAGE_NAME,
  provider: choice(['new', 'existing'], 'new'),
  qualifier: text(
    /^[a-z0-9]{1,10}$/,
    'one to ten lowercase letters and digits',
    DefaultStackSynthesizer.DEFAULT_QUALIFIER,
  ),
  encryption: choice(['aws', 'kms'], 'aws'),
};

/**
 * Fills in the defaults and checks the props.
 *
 * @throws Error that names every wrong prop, with the value given and what is allowed
 */
export function resolveDeployRole(props: DeployRoleProps): Required<DeployRoleProps> {
  const values = withDefaults(FIELDS, props);
  const problems = [...tokensIn(props), ...problemsOf(FIELDS, [], values)];
  if (problems.length > 0) throw new Error(`the deploy role cannot be built:\n  ${problems.join('\n  ')}`);
  return values;
}

export class DeployRoleStack extends Stack {
  constructor(scope: Construct, id: string, props: DeployRoleProps) {
    const { repository, stage, provider, qualifier, encryption } = resolveDeployRole(props);
    const description = `Roles of the pipeline of ${repository} for stage ${stage} of ddcolor-elastic`;
    super(scope, id, { description, synthesizer: new DefaultStackSynthesizer({ qualifier }) });

    const providerArn = provider === 'new' ? this.newProvider() : this.iamArn('oidc-provider', ISSUER);
    const trust = new iam.WebIdentityPrincipal(providerArn, {
      StringEquals: {
        [`${ISSUER}:aud`]: AUDIENCE,
        [`${ISSUER}:sub`]: `repo:${repository}:environment:${stage}`,
      },
    });

    const deploy = new iam.PolicyStatement({
      actions: ['sts:AssumeRole'],
      resources: BOOTSTRAP_ROLES.map((role) =>
        this.iamArn('role', `cdk-${qualifier}-${role}-${this.account}-${this.region}`),
      ),
    });
    // Before a deploy: without the image's parameter it would fail when the group is made.
    const image = new iam.PolicyStatement({
      actions: ['ssm:GetParameter'],
      resources: [
        this.formatArn({
          service: 'ssm',
          resource: 'parameter',
          resourceName: amiParameterName(stage).slice(1),
        }),
      ],
    });
    const bucket = `arn:${this.partition}:s3:::${photoBucketName(this, stage)}`;
    const smoke = [
      new iam.PolicyStatement({
        actions: ['s3:PutObject'],
        resources: [`${bucket}/${INCOMING}${SMOKE}*`],
      }),
      new iam.PolicyStatement({
        actions: ['s3:GetObject', 's3:DeleteObject'],
        resources: [`${bucket}/${RESULTS}${SMOKE}*`, `${bucket}/${FAILED}${SMOKE}*`],
      }),
    ];
    // Known by its alias: the key's id is that of the stage's deploy.
    const key = new iam.PolicyStatement({
      actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
      resources: [this.formatArn({ service: 'kms', resource: 'key', resourceName: '*' })],
      conditions: {
        'ForAnyValue:StringEquals': { 'kms:ResourceAliases': keyAlias(stage) },
        StringEquals: { 'kms:ViaService': `s3.${this.region}.${this.urlSuffix}` },
      },
    });
    this.role('DeployRole', 'deploys the stage through the roles of the CDK bootstrap', trust, [
      deploy,
      image,
    ]);
    const smoking = this.role(
      'SmokeRole',
      'sends one photo through the stage and reads its outcome',
      trust,
      encryption === 'kms' ? [...smoke, key] : smoke,
    );
    acknowledgeWildcards(
      smoking,
      smoke.flatMap(({ resources }) => resources),
      'the photo of a smoke test and its outcome, of any name',
    );
    if (encryption === 'kms')
      acknowledgeWildcards(smoking, key.resources, 'the one key that has the alias of the stage');
  }

  private role(
    id: 'DeployRole' | 'SmokeRole',
    does: string,
    trust: iam.IPrincipal,
    may: iam.PolicyStatement[],
  ): iam.Role {
    const role = new iam.Role(this, id, {
      description: `GitHub Actions: ${does}`,
      assumedBy: trust,
      maxSessionDuration: Duration.hours(1),
      inlinePolicies: { Only: new iam.PolicyDocument({ statements: may }) },
    });
    new CfnOutput(this, `${id}Arn`, { value: role.roleArn });
    return role;
  }

  /** The native resource. The CDK's older construct has a custom resource that may change any provider. */
  private newProvider(): string {
    const url = `https://${ISSUER}`;
    return new iam.OidcProviderNative(this, 'GitHub', {
      url,
      clientIds: [AUDIENCE],
      // An account can have it once, so one of a first deploy that failed would block the next try.
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    }).oidcProviderArn;
  }

  private iamArn(resource: string, resourceName: string): string {
    return this.formatArn({ service: 'iam', region: '', resource, resourceName });
  }
}
